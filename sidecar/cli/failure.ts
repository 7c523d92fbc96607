import type { ErrorCode } from "../../protocol/errors/catalogue.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { GatewayRequestError, GatewayTimeoutError } from "../../protocol/client/request-error.ts";
import { redact } from "../../protocol/util/redact.ts";
import { StartupError } from "../config/startup-error.ts";
import { ServiceError } from "../service/service-error.ts";
import { CliError } from "./cli-error.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";

/** A failure as `--json` prints it, and the exit code. */
export interface CliFailure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

const CREDENTIAL =
  "Set OPENCLAW_GATEWAY_TOKEN or OPENCLAW_GATEWAY_PASSWORD to what the Gateway's config has under gateway.auth; a sidecar keeps its own token in gateway.token of its state directory.";
const AGAIN = "Try again in a moment.";

/** Where a terminal needs other words than a card with buttons. */
const REMEDY: Partial<Record<ErrorCode, string>> = {
  CREDENTIAL_MISSING: CREDENTIAL,
  CREDENTIAL_WRONG: CREDENTIAL,
  TARGET_INVALID: "Write for example --url ws://127.0.0.1:18789, or --ssh user@host:22.",
  HOST_KEY_UNKNOWN: "To trust it, run `{ssh}` once and compare the fingerprint it shows with the host's.",
  SSH_WEB_SIGN_IN: "Open the page, sign in there, then try again.",
  SSH_CLIENT_MISSING: "Install the OpenSSH client, or leave --ssh-client out.",
  GATEWAY_NOT_RUNNING: "Start it there, for example with `openclaw-sidecar run`.",
  EDGE_REFUSED: "Check the values that --header-env takes from the environment.",
  EDGE_HEADERS_INVALID: "Correct --header-env and the variables that it names.",
  PROXY_AUTH_REQUIRED:
    "Nobody is asked here: write user and password into HTTPS_PROXY, as http://user:password@proxy:3128.",
  PROXY_UNSUPPORTED: "Set HTTPS_PROXY to an http:// or https:// proxy; SOCKS and PAC files are not supported.",
  PROXY_FAILED: "Check HTTPS_PROXY; for a host that is reached without it, add the host to NO_PROXY.",
  // A command is over when it fails: nothing comes back by itself.
  GATEWAY_BUSY: AGAIN,
  GATEWAY_STARTING: AGAIN,
  GATEWAY_SHUTDOWN: AGAIN,
  LINK_LOST: "Check that a Gateway listens there and that ws:// or wss:// is right, then try again.",
  SSH_AUTH_FAILED: "Nobody is asked here: load the key into ssh-agent with `ssh-add`, or name it in the SSH config.",
};

/** Turns whatever a command threw into one sentence and its remedy. */
export async function toCliFailure(
  error: unknown,
  context: { target: string; secrets: readonly string[] },
): Promise<CliFailure> {
  const { code, message, exitCode } = await describe(error, context.target);
  return { code, message: redact(message, context.secrets), exitCode };
}

async function describe(error: unknown, target: string): Promise<CliFailure> {
  if (error instanceof CliError || error instanceof ServiceError) return error;
  if (error instanceof StartupError) return { code: "START_REFUSED", message: error.message, exitCode: error.exitCode };
  if (error instanceof ConnectError) {
    const remedy = (REMEDY[error.code] ?? (await catalogueRemedy(error))).replace("{ssh}", sshCommand(target));
    return { code: error.code, message: `${sentence(error.message)} ${remedy}`, exitCode: exitCodeOf(error.code) };
  }
  if (error instanceof GatewayRequestError) {
    const message = `The Gateway refused ${error.method}: ${sentence(error.message)}`;
    return { code: error.code, message, exitCode: error.code === "FORBIDDEN" ? EXIT.refused : EXIT.failed };
  }
  if (error instanceof GatewayTimeoutError)
    return { code: "TIMEOUT", message: error.message, exitCode: EXIT.unreachable };
  if (error instanceof CancelledError) return { code: "CANCELLED", message: "Cancelled.", exitCode: EXIT.failed };
  return {
    code: "INTERNAL",
    message: `Unexpected: ${sentence(error instanceof Error ? error.message : String(error))}`,
    exitCode: EXIT.failed,
  };
}

/** How a person reaches the same target with OpenSSH. */
function sshCommand(target: string): string {
  const parts = /^(?:ssh:\/\/)?([^:]+):(\d+)$/.exec(target);
  return parts === null ? `ssh ${target}` : `ssh -p ${parts[2]} ${parts[1]}`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

async function catalogueRemedy(error: ConnectError): Promise<string> {
  const [{ toFailure }, { failureText }, { roadTranslator }] = await Promise.all([
    import("../../protocol/errors/failure.ts"),
    import("../../protocol/l10n/failure-text.ts"),
    import("../../protocol/l10n/road-text.ts"),
  ]);
  return failureText(roadTranslator("en"), toFailure(error)).remedy;
}
