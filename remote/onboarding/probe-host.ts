import JSON5 from "json5";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { isObject } from "../../protocol/gateway/json.ts";
import { own } from "../config/own.ts";
import { openLoopbackLine } from "../ssh/session/loopback-line.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { portOf } from "../target/port.ts";
import { printable } from "../target/printable.ts";
import { DEFAULT_GATEWAY_PORT } from "../transport/find-gateway.ts";
import { onboardingError } from "./onboarding-error.ts";
import { runHostScript } from "./host-script.ts";
import { type NodeCandidate, chooseNode, parseNodeCandidate } from "./node-candidates.ts";
import { type OpenClawRun, type OpenClawSetup, readLock } from "./openclaw-setup.ts";
import { PROBE_SCRIPT } from "./probe-script.ts";
import { MAX_FILE_BYTES, type ScriptOutput } from "./script-output.ts";

/** What a host has that matters to us. No secret is in it. */
export interface HostProbe {
  /** As the person knows it (`alice@home`). */
  readonly host: string;
  /** `Linux`, `Darwin`, … as `uname -s` says it. */
  readonly os: string;
  readonly arch: string;
  readonly uid: number | undefined;
  /** Absolute. */
  readonly home: string;
  readonly nodes: readonly NodeCandidate[];
  /** The account's own set-up, and what else of OpenClaw runs there. */
  readonly openclaw: OpenClawSetup & {
    /** Commands of that name, the one that PATH gives first. */
    readonly commands: readonly string[];
    readonly port: number | undefined;
    readonly authMode: string | undefined;
    readonly running: readonly OpenClawRun[];
  };
  readonly sidecar: {
    readonly stateDir: string;
    /** Installed files, `STATE/bin/VERSION-HASH/sidecar.mjs`. */
    readonly installed: readonly string[];
    /** Whose process lives; whether it answers is in `gateways`. */
    readonly running: { readonly pid: number; readonly port: number; readonly version: string } | undefined;
  };
  /** What takes connections on 127.0.0.1 of the host now, tried through SSH. */
  readonly gateways: readonly HostGateway[];
}

export interface HostGateway {
  readonly kind: "sidecar" | "openclaw" | "unknown";
  readonly port: number;
  /** Of OpenClaw, unless it is the account's own. */
  readonly profile?: string;
}

const PROBE_TIMEOUT_MS = 20_000;
const NOTHING_THERE: ReadonlySet<string> = new Set(["GATEWAY_NOT_RUNNING", "FORWARDING_FORBIDDEN"]);
const PORT_TIMEOUT_MS = 5_000;

/**
 * Looks round on a host and changes nothing there. One command, and one connection for each port that a Gateway may have.
 * @throws ConnectError HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function probeHost(session: SshSession, { signal }: { readonly signal: AbortSignal }): Promise<HostProbe> {
  const output = await runHostScript(session, {
    script: PROBE_SCRIPT,
    signal,
    timeoutMs: PROBE_TIMEOUT_MS,
    maxBytes: 2 * MAX_FILE_BYTES + 256 * 1024,
  });
  const seen = readProbe(output, session.label);
  const gateways: HostGateway[] = [];
  for (const gateway of likelyGateways(seen)) {
    if (await takesConnections(session, gateway.port, signal)) gateways.push(gateway);
  }
  return { ...seen, gateways };
}

/** One a port; who runs there says it better than a config that names the port. */
function likelyGateways({ openclaw, sidecar }: Omit<HostProbe, "gateways">): Iterable<HostGateway> {
  const found = new Map<number, HostGateway>();
  const add = (gateway: HostGateway): void => void found.set(gateway.port, gateway);
  add({ kind: "unknown", port: DEFAULT_GATEWAY_PORT });
  if (openclaw.configPath !== undefined) add({ kind: "openclaw", port: openclaw.port ?? DEFAULT_GATEWAY_PORT });
  for (const { port, profile } of openclaw.running)
    add({ kind: "openclaw", port, ...(profile === undefined ? {} : { profile }) });
  if (sidecar.running !== undefined) add({ kind: "sidecar", port: sidecar.running.port });
  return found.values();
}

/** What a script has told, as a probe whose ports are still to be tried. Whatever has a wrong shape is absent. */
export function readProbe(output: ScriptOutput, host: string): Omit<HostProbe, "gateways"> {
  const home = output.first("home") ?? "";
  if (!home.startsWith("/")) throw onboardingError("HOST_UNSUPPORTED", host, "the account has no home directory there");
  const uid = Number(output.first("uid") || Number.NaN);
  const config = parseLoosely(output.file("openclaw-config"));
  const gateway = own(config, "gateway");
  const authMode = own(own(gateway, "auth"), "mode");
  const stateDir = output.first("openclaw-state") ?? `${home}/.openclaw`;
  return {
    host,
    os: word(output.first("os")),
    arch: word(output.first("arch")),
    uid: Number.isInteger(uid) ? uid : undefined,
    home,
    nodes: unique(output.all("node"), (line) => /\/.*/.exec(line)?.[0] ?? line).flatMap(
      (line) => parseNodeCandidate(line) ?? [],
    ),
    openclaw: {
      commands: unique(output.all("openclaw"), (path) => path).filter((path) => path.startsWith("/")),
      stateDir,
      configPath: output.first("openclaw-config"),
      port: portOf(own(gateway, "port")),
      authMode: typeof authMode === "string" ? word(authMode) : undefined,
      running: output.all("openclaw-run").flatMap((name) => readLock(output.file(name) ?? "", stateDir) ?? []),
    },
    sidecar: {
      stateDir: output.first("sidecar-state") ?? `${home}/.openclaw-sidecar`,
      installed: output.all("sidecar-bin"),
      running: runningSidecar(output),
    },
  };
}

/** One line for the ladder: `Linux x86_64, Node 24.21.0 (nvm), sidecar on 127.0.0.1:18789`. */
export function probeEvidence({ os, arch, nodes, gateways }: HostProbe): string {
  const node = chooseNode(nodes);
  const found = gateways.map(({ kind, port, profile }) => {
    const what =
      kind === "unknown" ? "something" : [kind, ...(profile === undefined ? [] : [`(${profile})`])].join(" ");
    return `${what} on 127.0.0.1:${port}`;
  });
  return [
    `${os} ${arch}`,
    node === undefined ? "no usable Node" : `Node ${node.version} (${node.source})`,
    found.length === 0 ? "no Gateway running" : found.join(", "),
  ].join(", ");
}

async function takesConnections(session: SshSession, port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const channel = await openLoopbackLine(session, port, { signal, timeoutMs: PORT_TIMEOUT_MS });
    channel.destroy();
    return true;
  } catch (error) {
    // A server may forward to the port of the Gateway and to no other.
    const isNone = error instanceof ConnectError && NOTHING_THERE.has(error.code);
    if (isNone) return false;
    throw error;
  }
}

function runningSidecar(output: ScriptOutput): HostProbe["sidecar"]["running"] {
  const runtime = parseLoosely(output.file("sidecar-runtime"));
  const pid = own(runtime, "pid");
  const port = portOf(own(runtime, "port"));
  const version = own(runtime, "version");
  const isAlive = typeof pid === "number" && output.first("sidecar-pid") === String(pid);
  return isAlive && port !== undefined && typeof version === "string"
    ? { pid, port, version: word(version) }
    : undefined;
}

function parseLoosely(text: string | undefined): unknown {
  if (text === undefined || Buffer.byteLength(text) > MAX_FILE_BYTES) return undefined;
  try {
    const value: unknown = JSON5.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const word = (text: string | undefined): string => printable(text ?? "", 40);

function unique<T>(items: readonly T[], key: (item: T) => unknown): readonly T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => {
    const isNew = !seen.has(key(item));
    seen.add(key(item));
    return isNew;
  });
}
