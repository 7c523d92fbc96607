import type { Translate } from "../../protocol/l10n/translate.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { Documents } from "../platform/ports.ts";
import { plainLabel } from "../ui/plain-text.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";

export interface CallPorts {
  readonly link: Pick<GatewayLink, "request" | "view">;
  readonly prompts: Prompts;
  readonly documents: Documents;
  /** Shows progress that can be cancelled while `work` runs. */
  readonly progress: <T>(title: string, work: (signal: AbortSignal) => Promise<T>) => PromiseLike<T>;
  readonly t: Translate;
}

/** Of a Gateway that names more than anybody looks through. */
const MOST_METHODS = 2_000;

/** `OpenClaw: Gateway Call`: a method that this Gateway offers, its parameters, and the answer as JSON. */
export async function gatewayCall(ports: CallPorts): Promise<unknown> {
  const { prompts, link, t } = ports;
  const { state } = link.view;
  const methods = state.phase === "connected" ? state.server.methods : [];
  for (;;) {
    const method = await prompts.pick({
      title: t("extension.call.title"),
      placeholder: t("extension.call.method"),
      items: methods
        .slice(0, MOST_METHODS)
        .toSorted()
        .map((name) => ({ label: plainLabel(name), value: name })),
    });
    if (method === undefined || method === BACK) return undefined;
    const params = await prompts.input({
      title: method,
      prompt: t("extension.call.params"),
      value: "{}",
      canGoBack: true,
      validate: (text) => paramsFault(text, t),
    });
    if (params === undefined) return undefined;
    if (params !== BACK) return callAndShow({ method, params: JSON.parse(params) }, ports);
  }
}

/** Calls a method and opens the answer as an untitled JSON document. @returns the answer */
export async function callAndShow(
  call: { readonly method: string; readonly params: unknown },
  ports: Pick<CallPorts, "link" | "documents" | "progress">,
): Promise<unknown> {
  const answer = await ports.progress(call.method, (signal) =>
    ports.link.request(call.method, call.params, { signal }),
  );
  await ports.documents.showUntitled({ language: "json", content: `${JSON.stringify(answer, undefined, 2)}\n` });
  return answer;
}

/** One sentence when the text cannot be the parameters of a request. */
export function paramsFault(text: string, t: Translate): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isParams = typeof value === "object" && value !== null && !Array.isArray(value);
    return isParams ? undefined : t("extension.call.notObject");
  } catch (error) {
    return t("extension.call.notJson", { detail: error instanceof Error ? error.message : String(error) });
  }
}
