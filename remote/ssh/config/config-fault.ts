import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { printable } from "../../target/printable.ts";

/** SSH_CONFIG_INVALID with the place (`path:line`) and the reason. */
export function configFault(savedIn: string, detail: string, cause?: unknown): ConnectError {
  const shown = printable(detail, 200);
  return new ConnectError("SSH_CONFIG_INVALID", `${savedIn}: ${shown}.`, {
    step: "resolve",
    facts: [
      { label: "savedIn", value: savedIn },
      { label: "detail", value: shown },
    ],
    cause,
  });
}
