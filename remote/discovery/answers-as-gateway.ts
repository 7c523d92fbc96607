import { asObject } from "../../protocol/gateway/json.ts";

/** Longest answer that is read, bytes; a Gateway's is a fraction of it. */
const MOST_BYTES = 4_096;

/**
 * Whether a Gateway answers here: it is asked for the liveness page that Gateways have, without a secret. No redirect is
 * followed, and TLS is checked as ever. Never rejects.
 * @param origin `http://127.0.0.1:18789`, `https://home.tail1.ts.net`
 */
export async function answersAsGateway(
  origin: string,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<boolean> {
  try {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await fetch(`${origin}/healthz`, { signal: bound, redirect: "error" });
    const { ok } = asObject(JSON.parse(await firstBytes(answer)));
    return answer.ok && ok === true;
  } catch {
    return false;
  }
}

async function firstBytes({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MOST_BYTES) throw new Error("too long");
  }
  return text;
}
