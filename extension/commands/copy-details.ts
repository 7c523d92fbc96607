import type { Translate } from "../../protocol/l10n/translate.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { failureDetails } from "../health/doctor-report.ts";
import type { Prompts } from "../ui/prompts.ts";

/** *Copy details* of the failure on screen, without secrets. */
export async function copyFailureDetails(ports: {
  readonly view: LinkView;
  readonly copy: (text: string) => Promise<void>;
  readonly clean: (text: string) => string;
  readonly prompts: Prompts;
  readonly version: string;
  readonly t: Translate;
}): Promise<void> {
  const { state } = ports.view;
  if (state.phase !== "failed" && state.phase !== "waiting") return;
  await ports.copy(ports.clean(failureDetails(state.failure, state.ladder, ports.version)));
  await ports.prompts.inform(ports.t("extension.copied.details"));
}
