import type { ErrorCode } from "../../protocol/errors/catalogue.ts";
import { ConnectError, type Fact } from "../../protocol/errors/connect-error.ts";
import { redact } from "../../protocol/util/redact.ts";
import { printable } from "../target/printable.ts";

/**
 * A failure of one of the onboarding steps. `why` may hold words of the host: they are made printable, cut and redacted.
 * @param host as the person knows it (`alice@home`)
 */
export function onboardingError(
  code: ErrorCode,
  host: string,
  why: string,
  more: { readonly facts?: readonly Fact[]; readonly cause?: unknown } = {},
): ConnectError {
  const detail = printable(redact(why), 300);
  const facts: Fact[] = [{ label: "host", value: host }, ...(more.facts ?? []), { label: "detail", value: detail }];
  return new ConnectError(code, `${host}: ${detail}${/[.!?…]$/.test(detail) ? "" : "."}`, { facts, cause: more.cause });
}
