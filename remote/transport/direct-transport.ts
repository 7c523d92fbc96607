import type { Duplex } from "node:stream";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { LadderReporter } from "../../protocol/ladder/steps.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { type DialBound, type Place, dialTcp, resolveHost } from "../net/dial.ts";
import { lineThroughProxy } from "../net/http-proxy.ts";
import { knock } from "../net/knock.ts";
import type { HttpProxy } from "../net/proxy-choice.ts";
import { parseTlsFingerprint, secure } from "../socket/secure.ts";
import { upgrade } from "../socket/upgrade.ts";
import { type GatewayUrl, assertNearby } from "../target/gateway-url.ts";
import { hostPort } from "../target/host.ts";
import { zoneOf } from "../target/network-zone.ts";
import { climbing } from "./climbing.ts";

export interface DirectTransportOptions {
  readonly url: GatewayUrl;
  /** SHA-256 of the server's certificate, for `wss` only. */
  readonly tlsFingerprint?: string | undefined;
  /** The proxy to go through, looked up anew for each climb. @throws Error with one sentence about what is set */
  readonly proxy?: () => HttpProxy | undefined;
  /** Milliseconds for each of the steps. */
  readonly timeoutMs?: number;
}

const STEP_TIMEOUT_MS = 15_000;
const PROBE_TIMEOUT_MS = 1_000;

/** `ws` or `wss`, with nothing between but, where one is set, an HTTP proxy that sees only ciphertext. */
export class DirectTransport implements GatewayTransport {
  readonly path: string;
  readonly isProven: boolean;
  readonly #options: DirectTransportOptions;
  #reached: Place | undefined;

  constructor(options: DirectTransportOptions) {
    this.#options = options;
    this.path = options.url.href;
    const { url, tlsFingerprint } = options;
    this.isProven = zoneOf(url.host) === "loopback" || (url.secure && tlsFingerprint !== undefined);
  }

  open(context: OpenContext): Promise<GatewaySocket> {
    return climbing(context, () => this.#climb(context));
  }

  async probe(signal: AbortSignal): Promise<boolean | undefined> {
    return this.#reached === undefined ? undefined : knock(this.#reached, { signal, timeoutMs: PROBE_TIMEOUT_MS });
  }

  dispose(): void {}

  #proxy(): HttpProxy | undefined {
    try {
      return this.#options.proxy?.();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new ConnectError("PROXY_FAILED", `No way out: ${detail}.`, {
        step: "resolve",
        facts: [{ label: "detail", value: detail }],
        cause: error,
      });
    }
  }

  async #dial(ladder: LadderReporter, bound: DialBound): Promise<Duplex> {
    const { url } = this.#options;
    const addresses = await resolveHost(url, bound);
    assertNearby(
      url,
      addresses.map(({ address }) => address),
    );
    ladder.pass("resolve", [...new Set(addresses.map(({ address }) => address))].slice(0, 3).join(", "));
    ladder.start("tcp");
    const socket = await dialTcp(url, addresses, bound);
    this.#reached = { host: socket.remoteAddress ?? url.host, port: url.port };
    ladder.pass("tcp", hostPort(this.#reached.host, url.port));
    return socket;
  }

  /** The name is the proxy's to look up: inside the network that it leads out of, nobody else may know it. */
  async #dialBy(proxy: HttpProxy, ladder: LadderReporter, bound: DialBound): Promise<Duplex> {
    const shown = `proxy ${hostPort(proxy.host, proxy.port)}`;
    const addresses = await resolveHost(proxy, bound);
    ladder.pass("resolve", `by ${shown}`);
    ladder.start("tcp");
    const socket = await dialTcp(proxy, addresses, bound);
    this.#reached = undefined;
    const line = await lineThroughProxy(socket, proxy, this.#options.url, bound);
    ladder.pass("tcp", `through ${shown}`);
    return line;
  }

  async #climb({ ladder, signal }: OpenContext): Promise<GatewaySocket> {
    const { url, tlsFingerprint, timeoutMs = STEP_TIMEOUT_MS } = this.#options;
    const bound = { signal, timeoutMs };
    ladder.start("resolve");
    const pin = tlsFingerprint === undefined ? undefined : checkedPin(url, tlsFingerprint);
    const proxy = this.#proxy();
    const socket = proxy === undefined ? await this.#dial(ladder, bound) : await this.#dialBy(proxy, ladder, bound);
    for (const step of ["host-key", "ssh-auth", "find-gateway"] as const) ladder.skip(step);
    ladder.start("websocket");
    const stream = url.secure ? await secure(socket, url, pin, bound) : socket;
    const gateway = await upgrade(stream, url, bound);
    ladder.pass("websocket", url.secure ? (pin === undefined ? "TLS" : "TLS, pinned") : "ws");
    return gateway;
  }
}

/** A pin that could not be held to is refused: going on without it would be less than what was asked for. */
function checkedPin(url: GatewayUrl, text: string): string {
  const pin = url.secure ? parseTlsFingerprint(text) : undefined;
  if (pin !== undefined) return pin;
  const detail = url.secure ? "the TLS fingerprint is not a SHA-256 in hex" : "a TLS fingerprint needs wss://";
  throw new ConnectError("CONFIG_INVALID", `${url.href}: ${detail}.`, {
    step: "resolve",
    facts: [
      { label: "url", value: url.href },
      { label: "detail", value: detail },
    ],
  });
}
