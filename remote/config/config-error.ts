import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { printable } from "../target/printable.ts";

/** CONFIG_INVALID with the file and the offending key; never with a value, which could be a secret. */
export function configError(path: string, fault: string, cause?: unknown): ConnectError {
  const detail = printable(`${path}: ${fault}`, 300);
  return new ConnectError("CONFIG_INVALID", `${detail}.`, {
    step: "resolve",
    facts: [
      { label: "savedIn", value: path },
      { label: "detail", value: detail },
    ],
    cause,
  });
}
