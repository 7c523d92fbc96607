import { type GatewaySession, openGatewaySession } from "../../protocol/client/gateway-session.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import { CliError } from "./cli-error.ts";
import type { ConnectionWish } from "./connection-options.ts";
import { EXIT } from "./exit-codes.ts";
import { transportTo } from "./road.ts";
import type { Target } from "./target.ts";
import { VERSION } from "../version.ts";

/** All that a CLI command may need; a Gateway grants the part that the credential allows. */
export const CLI_SCOPES = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.pairing",
] as const;

export const CLI_CLIENT = { id: "cli", mode: "cli", version: VERSION, platform: process.platform } as const;

/**
 * Opens a session, uses it once and lets everything go. The wish's timeout is for all of it together.
 * @throws ConnectError, GatewayRequestError, or CliError TIMEOUT that names the step it waited for
 */
export async function withGateway<T>(
  target: Target,
  wish: ConnectionWish,
  use: (session: GatewaySession) => Promise<T>,
): Promise<T> {
  let doing: string | undefined;
  const ladder = new LadderReporter((event) => {
    if (event.type === "started") doing = event.evidence;
  });
  // Before the clock starts: an address that is refused must not leave a timer that keeps the process waiting.
  const transport = await transportTo(target, wish.timeoutMs);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new CancelledError()), wish.timeoutMs);
  let session: GatewaySession | undefined;
  try {
    const socket = await transport.open({ signal: deadline.signal, ladder, interactive: false });
    session = await openGatewaySession({
      socket,
      client: CLI_CLIENT,
      role: "operator",
      scopes: CLI_SCOPES,
      caps: [],
      credential: target.credential,
      identity: null,
      tokens: null,
      ladder,
      signal: deadline.signal,
      requestTimeoutMs: wish.timeoutMs,
    });
    deadline.signal.addEventListener("abort", () => session?.close());
    return await use(session);
  } catch (error) {
    if (!deadline.signal.aborted) throw explained(error, target);
    const step = `"${ladder.current ?? "resolve"}"${doing === undefined ? "" : `: ${doing}`}`;
    const waited = session === undefined ? `while waiting for ${step}` : "while waiting for the answer";
    const message = `${target.name} did not answer within ${wish.timeoutMs} ms (${waited}). Check that the Gateway is well, or allow more with --timeout.`;
    throw new CliError("TIMEOUT", message, { exitCode: EXIT.unreachable, cause: error });
  } finally {
    clearTimeout(timer);
    session?.close();
    transport.dispose();
  }
}

/** Without a credential a real Gateway asks for a device; what is missing here is the credential. */
export function explained(error: unknown, { credential }: Target): unknown {
  const empty = credential.token === undefined && credential.password === undefined;
  if (!empty || !(error instanceof ConnectError) || error.code !== "DEVICE_REFUSED") return error;
  return new ConnectError("CREDENTIAL_MISSING", "The Gateway wants a token or a password.", { cause: error });
}
