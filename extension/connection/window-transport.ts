import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import { type ConfigEnvironment, readOpenClawConfig } from "../../remote/config/openclaw-config.ts";
import { within } from "../../remote/net/within.ts";
import { openClawPortHere } from "../../remote/onboarding/openclaw-here.ts";
import { type GatewayUrl, parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { printable } from "../../remote/target/printable.ts";
import { climbing } from "../../remote/transport/climbing.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";
import { DEFAULT_GATEWAY_PORT, type FoundPort } from "../../remote/transport/find-gateway.ts";
import { readLocalSidecar } from "./local-sidecar.ts";
import type { GatewayTarget } from "./profile.ts";
import type { RemoteWindow } from "./window-host.ts";

type WindowTarget = Extract<GatewayTarget, { kind: "window" }>;

export interface WindowPorts {
  readonly remoteWindow: RemoteWindow;
  readonly sidecarStateDir: string;
  /** Where the openclaw.json of the computer that this extension runs on is. */
  readonly configEnvironment: ConfigEnvironment;
  /** Whether the person has chosen the sidecar of this host before whatever else is set up there. */
  readonly prefersSidecar?: () => boolean;
}

const FORWARD_TIMEOUT_MS = 15_000;

/**
 * The Gateway on the host of this window: plain loopback when the extension runs there, else VS Code's own forwarding. The
 * host and the near end are looked up at every climb, because VS Code may have reconnected since.
 */
export class WindowTransport implements GatewayTransport {
  readonly #target: WindowTarget;
  readonly #ports: WindowPorts;
  #direct: DirectTransport | undefined;
  #path: string;
  #portHere: number | undefined;

  constructor(target: WindowTarget, ports: WindowPorts) {
    this.#target = target;
    this.#ports = ports;
    this.#path = target.window;
  }

  get path(): string {
    return this.#path;
  }

  /** Loopback of the very host. Where the forwarding leads is VS Code's word alone, so that it proves less. */
  get isProven(): boolean {
    return this.#direct?.isProven === true && this.#path === this.#direct.path;
  }

  /** Of the Gateway on the computer that this extension runs on. */
  get portHere(): number | undefined {
    return this.#portHere;
  }

  open(context: OpenContext): Promise<GatewaySocket> {
    return climbing(context, async () => {
      context.ladder.start("resolve");
      this.#direct = undefined;
      const way = await this.#find(context.signal);
      this.#path = way.path;
      this.#portHere = way.isHere ? way.url.port : undefined;
      const direct = new DirectTransport({ url: way.url });
      this.#direct = direct;
      try {
        return await direct.open({ ...context, ladder: naming(way.evidence, context.ladder) });
      } catch (error) {
        throw way.isHere && error instanceof ConnectError && error.code === "TCP_REFUSED" ? notRunning(way.url) : error;
      }
    });
  }

  async probe(signal: AbortSignal): Promise<boolean | undefined> {
    return this.#direct?.probe(signal);
  }

  dispose(): void {}

  async #find(signal: AbortSignal): Promise<{
    readonly url: GatewayUrl;
    readonly path: string;
    readonly evidence: string;
    readonly isHere: boolean;
  }> {
    const { remoteWindow } = this.#ports;
    const bound = { signal, timeoutMs: FORWARD_TIMEOUT_MS };
    if (await within(isInside(this.#target, remoteWindow), bound)) {
      const { port, from } = await windowPort(this.#target, this.#ports);
      const url = loopback(port);
      return { url, path: url.href, evidence: `127.0.0.1:${port}, ${from}`, isHere: true };
    }
    const { port } = loopback(this.#target.gatewayPort ?? DEFAULT_GATEWAY_PORT);
    const far = `127.0.0.1:${port}`;
    const onTimeout = (): ConnectError =>
      unusable("", `VS Code did not forward ${far} within ${FORWARD_TIMEOUT_MS} ms`);
    const forwarded = Promise.resolve(remoteWindow.forward(port)).catch((error: unknown) => {
      throw unusable("", `VS Code did not forward ${far} (${printable(String(error), 200)})`);
    });
    const url = nearEnd(await within(forwarded, { ...bound, onTimeout }));
    const near = url.secure ? url.href : `${url.host}:${url.port}`;
    const way = `VS Code's forwarding, ${far} → ${near}`;
    return { url, path: way, evidence: way, isHere: false };
  }
}

/**
 * Whether this extension runs on the host of the target.
 * @throws ConnectError WINDOW_MISMATCH when the window is on another host, or on none
 */
async function isInside({ window }: WindowTarget, remoteWindow: RemoteWindow): Promise<boolean> {
  const host = await remoteWindow.host();
  if (host?.id === window) return host.isHere;
  const now = host?.id ?? "-";
  throw new ConnectError("WINDOW_MISMATCH", `This Gateway is on ${printable(window)}, and the window is on ${now}.`, {
    step: "resolve",
    facts: [
      { label: "known", value: printable(window, 300) },
      { label: "now", value: printable(now, 300) },
    ],
  });
}

/** A port of the setting is a person's: it is looked at like any other address. @throws ConnectError TARGET_INVALID */
const loopback = (port: number): GatewayUrl => parseGatewayUrl(`ws://127.0.0.1:${port}`);

/**
 * The Gateway of the target when this extension runs on its host; `undefined` when it runs on the person's computer.
 * @throws ConnectError
 */
export async function ownWindowAddress(target: WindowTarget, ports: WindowPorts): Promise<GatewayUrl | undefined> {
  if (!(await isInside(target, ports.remoteWindow))) return undefined;
  return loopback((await windowPort(target, ports)).port);
}

/** Where the Gateway of the computer that this extension runs on listens. @throws ConnectError CONFIG_INVALID */
async function windowPort(
  { gatewayPort }: WindowTarget,
  { sidecarStateDir, configEnvironment, prefersSidecar }: Omit<WindowPorts, "remoteWindow">,
): Promise<FoundPort> {
  if (gatewayPort !== undefined) return { port: gatewayPort, from: "configured" };
  const sidecar = await readLocalSidecar(sidecarStateDir);
  const running = sidecar && ({ port: parseGatewayUrl(sidecar.url).port, from: "sidecar" } as const);
  if (running !== undefined && prefersSidecar?.() === true) return running;
  const started = await openClawPortHere(configEnvironment);
  if (started !== undefined) return { port: started, from: "lock file" };
  const { port } = await readOpenClawConfig(configEnvironment);
  if (port !== undefined) return { port, from: "openclaw.json" };
  return running ?? { port: DEFAULT_GATEWAY_PORT, from: "default" };
}

function notRunning({ port }: GatewayUrl): ConnectError {
  return new ConnectError("GATEWAY_NOT_RUNNING", `Nothing answers on 127.0.0.1:${port} of this window's host.`, {
    // The rung that has failed already: there is no other way to find it here.
    step: "tcp",
    facts: [
      { label: "host", value: "127.0.0.1" },
      { label: "port", value: String(port) },
    ],
  });
}

/**
 * Pure: the address that VS Code's forwarding may be used by. Plain HTTP only ends on this computer, and at its root: a
 * path would be somebody else's server.
 * @throws ConnectError FORWARD_UNUSABLE
 */
export function nearEnd(forwarded: string): GatewayUrl {
  const http = /^http:\/\/((?:127\.0\.0\.1|localhost):[0-9]{1,5})\/?$/i.exec(forwarded)?.[1];
  const https = /^https:\/\/(\S+)$/i.exec(forwarded)?.[1];
  const shown = printable(forwarded.replace(/\/\/[^/]*@/, "//").replace(/[?#].*$/s, ""), 200);
  if (http === undefined && https === undefined) throw unusable(shown, "it is neither plain loopback nor https");
  try {
    return parseGatewayUrl(http === undefined ? `wss://${https}` : `ws://${http}`);
  } catch (error) {
    const why = error instanceof ConnectError ? error.facts.find(({ label }) => label === "detail")?.value : undefined;
    throw unusable(shown, why ?? "it cannot be read");
  }
}

function unusable(url: string, detail: string): ConnectError {
  return new ConnectError("FORWARD_UNUSABLE", `VS Code's forwarding cannot be used: ${url} ${detail}.`, {
    step: "resolve",
    facts: [...(url === "" ? [] : [{ label: "url" as const, value: url }]), { label: "detail", value: detail }],
  });
}

/** Says on the first rung which way it is; loopback alone would say nothing. */
function naming(way: string, ladder: LadderReporter): LadderReporter {
  return new LadderReporter((event) => {
    if (event.type === "started") ladder.start(event.step, event.evidence);
    if (event.type === "passed") ladder.pass(event.step, event.step === "resolve" ? way : event.evidence);
    if (event.type === "failed") ladder.fail(event.step);
    if (event.type === "skipped") ladder.skip(event.step);
  });
}
