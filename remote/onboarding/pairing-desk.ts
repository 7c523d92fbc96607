import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { openGatewaySession } from "../../protocol/client/gateway-session.ts";
import { OPERATOR_SCOPES } from "../../protocol/gateway/identity.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import { openLoopbackLine } from "../ssh/session/loopback-line.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { meetGateway } from "../socket/meet.ts";
import { parseGatewayUrl } from "../target/gateway-url.ts";
import { lastLine, runHostScript } from "./host-script.ts";
import { type NodeCandidate, compareVersions } from "./node-candidates.ts";
import type { HostProbe } from "./probe-host.ts";

/** Where pairing requests are decided: the host's own CLI, or the Gateway itself. */
export interface PairingDesk {
  /** `{ pending: […] }` */
  list(): Promise<unknown>;
  /** `{ requestId, device }` */
  approve(requestId: string): Promise<unknown>;
}

const CLI_TIMEOUT_MS = 45_000;
const RPC_TIMEOUT_MS = 10_000;

/** The account's own Gateway is the one that the command speaks for by itself; another is named by its environment. */
const NAME_GATEWAY = `PATH="$1:$PATH"
[ "$3" = own ] || { export OPENCLAW_STATE_DIR="$3" OPENCLAW_CONFIG_PATH="$4" OPENCLAW_GATEWAY_PORT="$5"; }
`;
const LIST_SCRIPT = `${NAME_GATEWAY}output answer "$2" devices list --json`;
const APPROVE_SCRIPT = `${NAME_GATEWAY}output answer "$2" devices approve "$6" --json`;

/**
 * The `openclaw` command of a host, which knows its Gateway's credential itself. Undefined when the host has none.
 * Its methods throw ConnectError HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED, CancelledError, and Error with the command's words.
 * @param options.port of the Gateway that is meant
 */
export function openClawDesk(
  session: SshSession,
  { probe, port, signal }: { readonly probe: HostProbe; readonly port: number; readonly signal: AbortSignal },
): PairingDesk | undefined {
  const [command] = probe.openclaw.commands;
  const node = command === undefined ? undefined : nodeFor(command, probe.nodes);
  if (command === undefined || node === undefined) return undefined;
  const run = probe.openclaw.running.find((each) => each.port === port);
  const gateway = run === undefined ? ["own", "own", "own"] : [run.stateDir, run.configPath, String(run.port)];
  const answerOf = async (script: string, args: readonly string[]): Promise<unknown> => {
    const output = await runHostScript(session, {
      script,
      args: [parentOf(node.path), command, ...gateway, ...args],
      signal,
      timeoutMs: CLI_TIMEOUT_MS,
      maxBytes: 2 * 1024 * 1024,
    });
    const answer = output.file("answer") ?? "";
    if (output.first("answer-code") === "0") return parseAnswer(answer);
    throw new Error(`openclaw says: ${lastLine(output.stderr.trim() === "" ? answer : output.stderr)}`);
  };
  return { list: () => answerOf(LIST_SCRIPT, []), approve: (requestId) => answerOf(APPROVE_SCRIPT, [requestId]) };
}

export interface GatewayDeskOptions {
  readonly port: number;
  readonly credential: GatewayCredential;
  /** Of this product. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * The Gateway itself, asked through SSH with its own credential and without a device, as the host's CLI would. Nothing is
 * kept open between the calls. Its methods throw the ConnectErrors of a connection, GatewayRequestError, CancelledError.
 */
export function gatewayDesk(session: SshSession, options: GatewayDeskOptions): PairingDesk {
  const { port, credential, version, signal } = options;
  const call = async (method: string, params: unknown): Promise<unknown> => {
    const bound = { signal, timeoutMs: RPC_TIMEOUT_MS };
    const dial = () => openLoopbackLine(session, port, bound);
    const url = parseGatewayUrl(`ws://127.0.0.1:${port}`);
    const { socket } = await meetGateway({ url, stream: await dial(), again: dial }, bound);
    const gateway = await openGatewaySession({
      socket,
      client: { id: "cli", mode: "cli", version, platform: process.platform },
      role: "operator",
      scopes: OPERATOR_SCOPES,
      caps: [],
      credential,
      identity: null,
      tokens: null,
      ladder: new LadderReporter(() => undefined),
      signal,
      requestTimeoutMs: RPC_TIMEOUT_MS,
    });
    try {
      return await gateway.request(method, params, { timeoutMs: RPC_TIMEOUT_MS, signal });
    } finally {
      gateway.close();
    }
  };
  return {
    list: () => call("device.pair.list", {}),
    approve: (requestId) => call("device.pair.approve", { requestId }),
  };
}

/** The Node beside the command, which it was installed with; else the newest. */
function nodeFor(command: string, nodes: readonly NodeCandidate[]): NodeCandidate | undefined {
  const beside = nodes.find(({ path }) => parentOf(path) === parentOf(command));
  return beside ?? nodes.toSorted((a, b) => compareVersions(b.version, a.version))[0];
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** The JSON object in what a command printed; lines round it are its own business. */
function parseAnswer(text: string): unknown {
  const answer: unknown = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
  return answer;
}
