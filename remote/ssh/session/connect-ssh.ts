import type { Duplex } from "node:stream";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import type { ErrorCode } from "../../../protocol/errors/catalogue.ts";
import type { LadderReporter } from "../../../protocol/ladder/steps.ts";
import { type DialBound, type Place, dialTcp, resolveHost } from "../../net/dial.ts";
import { hostPort } from "../../target/host.ts";
import { formatSshTarget, type SshTarget } from "../../target/ssh-target.ts";
import type { AuthMemory } from "../auth/auth-memory.ts";
import { configFault } from "../config/config-fault.ts";
import { type SshEnvironment, systemSshEnvironment } from "../config/environment.ts";
import { type SshHostConfig, resolveHostConfig } from "../config/host-config.ts";
import type { SshPrompts } from "../prompts.ts";
import { proxyFailure, startProxyCommand } from "./proxy-command.ts";
import { signIn } from "./sign-in.ts";
import type { SshSession } from "./ssh-session.ts";

export interface ConnectSshOptions {
  readonly target: SshTarget;
  readonly prompts: SshPrompts;
  readonly memory: AuthMemory;
  readonly context: OpenContext;
  /** `strict` refuses an unknown host key instead of asking, whatever ssh_config says. */
  readonly hostKeyPolicy?: "ask" | "strict";
  readonly environment?: SshEnvironment;
  /** Hears which address the first TCP connection of the way has reached. */
  readonly onReached?: (place: Place) => void;
  /** Runs before a person is asked for a password, when no key was taken; what it throws ends the sign-in. */
  readonly beforePassword?: (config: SshHostConfig) => Promise<void>;
}

const MAX_HOPS = 8;

/**
 * Opens one SSH connection, through as many ProxyJump hosts as ssh_config names; each of them has its own host key check
 * and sign-in, on the same rungs. Disposing the session closes the hops too.
 * @throws ConnectError of the rungs `resolve` to `ssh-auth`; CancelledError
 */
export async function connectSsh(options: ConnectSshOptions): Promise<SshSession> {
  options.context.ladder.start("resolve");
  const route = await planRoute(options);
  let session: SshSession | undefined;
  try {
    for (const config of route.hops) session = await hop(config, session, options);
    return await hop(route.goal, session, options);
  } catch (error) {
    session?.dispose();
    throw error;
  }
}

async function hop(
  config: SshHostConfig,
  carrier: SshSession | undefined,
  options: ConnectSshOptions,
): Promise<SshSession> {
  const { prompts, memory, context, beforePassword } = options;
  const { ladder, signal, interactive } = context;
  const bound: DialBound = { signal, timeoutMs: config.connectTimeoutMs };
  const parts = { config, carrier, prompts, memory, interactive, ladder, signal, beforePassword };
  // Of a further hop ssh too uses the way through the one before, whatever ProxyCommand it may have.
  if (carrier !== undefined) return signIn({ ...parts, stream: await dialThrough(carrier, config, bound, ladder) });
  if (config.proxyCommand === undefined) return signIn({ ...parts, stream: await dial(config, bound, options) });
  const environment = options.environment ?? systemSshEnvironment();
  const line = await startProxyCommand(config, { prompts, memory, context, environment });
  ladder.pass("resolve", "by ProxyCommand");
  ladder.pass("tcp", "through ProxyCommand");
  try {
    return await signIn({ ...parts, stream: line.stream });
  } catch (error) {
    throw proxyFailure(error, config, line);
  }
}

async function dial(config: SshHostConfig, bound: DialBound, options: ConnectSshOptions): Promise<Duplex> {
  const { ladder } = options.context;
  const place = { host: config.hostName, port: config.port };
  ladder.start("resolve");
  const addresses = await resolveHost(place, { ...bound, family: config.addressFamily });
  ladder.pass("resolve", [...new Set(addresses.map(({ address }) => address))].slice(0, 3).join(", "));
  ladder.start("tcp");
  const socket = await dialTcp(place, addresses, bound);
  const reached = { host: socket.remoteAddress ?? place.host, port: place.port };
  options.onReached?.(reached);
  ladder.pass("tcp", hostPort(reached.host, reached.port));
  return socket;
}

/** The jump host resolves and dials for us, so its words are what tells why it failed. */
async function dialThrough(
  carrier: SshSession,
  config: SshHostConfig,
  bound: DialBound,
  ladder: LadderReporter,
): Promise<Duplex> {
  const place = { host: config.hostName, port: config.port };
  ladder.pass("resolve", `by ${carrier.label}`);
  ladder.start("tcp");
  try {
    const channel = await carrier.openTcpChannel(place, bound);
    ladder.pass("tcp", `${hostPort(place.host, place.port)} through ${carrier.label}`);
    return channel;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const code = error.code === "GATEWAY_NOT_RUNNING" ? dialCode(error.message) : error.code;
    const facts = [
      { label: "host" as const, value: place.host },
      { label: "port" as const, value: String(place.port) },
      ...error.facts.filter(({ label }) => label === "detail"),
    ];
    const message = `${hostPort(place.host, place.port)} cannot be reached through ${carrier.label}: ${error.message}`;
    throw new ConnectError(code, message, { step: code === "DNS_FAILED" ? "resolve" : "tcp", facts, cause: error });
  }
}

function dialCode(message: string): ErrorCode {
  if (/refused/i.test(message)) return "TCP_REFUSED";
  if (/timed out/i.test(message)) return "TCP_TIMEOUT";
  return /name or service|name resolution|not known|resolve/i.test(message) ? "DNS_FAILED" : "TCP_UNREACHABLE";
}

interface Route {
  /** Nearest first. */
  readonly hops: readonly SshHostConfig[];
  readonly goal: SshHostConfig;
}

/**
 * The hosts that a connection goes through. Nothing is asked and nothing is run.
 * @throws ConnectError SSH_CONFIG_INVALID, TARGET_INVALID
 */
export async function planRoute({
  target,
  environment = systemSshEnvironment(),
  hostKeyPolicy,
}: Pick<ConnectSshOptions, "target" | "environment" | "hostKeyPolicy">): Promise<Route> {
  const resolve = async (each: SshTarget): Promise<SshHostConfig> => {
    const config = await resolveHostConfig(each, environment);
    return hostKeyPolicy === "strict" ? { ...config, unknownHostKey: "refuse" } : config;
  };
  const goal = await resolve(target);
  const hops: SshHostConfig[] = [];
  let jumps = goal.proxyJump;
  // As in ssh, the jump hosts of a jump host only count for the nearest one.
  while (jumps.length > 0) {
    const configs = await Promise.all(jumps.map(resolve));
    hops.unshift(...configs);
    if (hops.length > MAX_HOPS) {
      throw configFault(
        `ProxyJump of ${formatSshTarget(target)}`,
        `it goes round in circles or has more than ${MAX_HOPS} hops`,
      );
    }
    jumps = configs[0]?.proxyJump ?? [];
  }
  return { hops, goal };
}
