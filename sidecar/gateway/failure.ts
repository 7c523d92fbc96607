import { faultSentence, storeFaultOf } from "../store/store-fault.ts";
import type { ErrorShape } from "./wire.ts";

const RETRY_MS = 1_000;
/** A full disk does not empty itself. */
const FAULT_RETRY_MS = 5_000;

/** The answer to a request that failed through no fault of the client: it may be sent again, with the same key. */
export function failureShape(method: string, error: unknown): ErrorShape {
  const fault = storeFaultOf(error);
  if (fault !== undefined) {
    const message = `${method} failed: ${faultSentence(fault)}; send it again later`;
    const details = { code: "STORE_UNAVAILABLE", reason: fault };
    return { code: "UNAVAILABLE", message, details, retryable: true, retryAfterMs: FAULT_RETRY_MS };
  }
  const message = `${method} failed inside the Gateway; its log has the reason`;
  return { code: "UNAVAILABLE", message, retryable: true, retryAfterMs: RETRY_MS };
}
