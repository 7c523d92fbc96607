import { GatewayRequestError } from "../../protocol/client/request-error.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { factValues } from "./fact-values.ts";
import type { Prompts } from "./prompts.ts";

/** One sentence for a person: the catalogue's words for our own errors, the Gateway's for its refusals. */
export function errorSentence(error: unknown, t: Translate): string {
  if (error instanceof ConnectError) {
    const values = factValues(error);
    return `${t(`error.${error.code}.title`, values)}. ${t(`error.${error.code}.why`, values)}`;
  }
  if (error instanceof GatewayRequestError)
    return t("extension.error.refused", { method: error.method, message: error.message });
  return error instanceof Error ? error.message : String(error);
}

/** Shows an error with a way to the log. */
export async function presentError(
  error: unknown,
  ports: {
    readonly prompts: Prompts;
    readonly t: Translate;
    readonly clean: (text: string) => string;
    showLog(): void;
  },
): Promise<void> {
  const choice = await ports.prompts.warn(ports.clean(errorSentence(error, ports.t)), [
    { value: "log", label: ports.t("extension.link.showLog") },
  ]);
  if (choice === "log") ports.showLog();
}
