import type { Duplex } from "node:stream";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { type Place, dialTcp, resolveHost } from "../net/dial.ts";
import { type ProxyCredentials, dialThroughProxy } from "../net/dial-proxy.ts";
import { knock } from "../net/knock.ts";
import { type ProxyRules, type ProxyServer, proxyFor } from "../net/proxy-rules.ts";
import { type EdgeHeaders, assertEdgeNames, edgeValues } from "../socket/edge-headers.ts";
import { meetGateway } from "../socket/meet.ts";
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
  /** For `wss` only, and sent only after its certificate was verified. */
  readonly edge?: EdgeHeaders | undefined;
  /** For `wss` only: plain `ws` goes to nearby addresses, which no proxy stands before. Default: none. */
  readonly proxy?: DirectProxy | undefined;
  /** Milliseconds for each of the steps. */
  readonly timeoutMs?: number;
}

/** The proxy of this computer, read anew for every connection. */
export interface DirectProxy {
  rules(): ProxyRules;
  readonly credentials?: ProxyCredentials;
}

const STEP_TIMEOUT_MS = 15_000;
const PROBE_TIMEOUT_MS = 1_000;

/** `ws` or `wss` without anything between but an HTTP proxy, which carries `wss` as it is. */
export class DirectTransport implements GatewayTransport {
  readonly path: string;
  readonly isProven: boolean;
  readonly #options: DirectTransportOptions;
  #reached: Place | undefined;
  #spokeTls = false;

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

  async #climb(context: OpenContext): Promise<GatewaySocket> {
    const { ladder, signal } = context;
    const { url, tlsFingerprint, edge, timeoutMs = STEP_TIMEOUT_MS } = this.#options;
    const bound = { signal, timeoutMs };
    ladder.start("resolve");
    if (edge !== undefined) assertEdgeNames(edge.names, url);
    const pin = tlsFingerprint === undefined ? undefined : checkedPin(url, tlsFingerprint);
    const rules = url.secure ? this.#options.proxy?.rules() : undefined;
    const proxy = rules && proxyFor(url, rules);
    const socket =
      rules === undefined || proxy === undefined
        ? await this.#dial(context)
        : await this.#dialThrough(proxy, rules, context);
    for (const step of ["host-key", "ssh-auth", "find-gateway"] as const) ladder.skip(step);
    ladder.start("websocket");
    if (!url.secure) return this.#meet(socket, context);
    const stream = await secure(socket, url, pin === undefined ? "trusted" : { pin }, bound);
    const gateway = await this.#upgrade(stream, context).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    ladder.pass("websocket", pin === undefined ? "TLS" : "TLS, pinned");
    return gateway;
  }

  async #meet(stream: Duplex, { ladder, signal }: OpenContext): Promise<GatewaySocket> {
    const { url, timeoutMs = STEP_TIMEOUT_MS } = this.#options;
    const bound = { signal, timeoutMs };
    const reached = this.#reached ?? url;
    const again = async () => dialTcp(url, await resolveHost(reached, bound), bound);
    const { socket, certificate } = await meetGateway({ url, stream, again, spokeTls: this.#spokeTls }, bound);
    this.#spokeTls = certificate !== undefined;
    ladder.pass("websocket", certificate === undefined ? "ws" : "TLS, certificate not checked");
    return socket;
  }

  async #upgrade(stream: Duplex, { signal, interactive }: OpenContext): Promise<GatewaySocket> {
    const { url, edge, timeoutMs = STEP_TIMEOUT_MS } = this.#options;
    if (edge === undefined) return upgrade(stream, url, { signal, timeoutMs });
    return upgrade(stream, url, { signal, timeoutMs, headers: await edgeValues(edge, url, { interactive, signal }) });
  }

  async #dial({ ladder, signal }: OpenContext): Promise<Duplex> {
    const { url, timeoutMs = STEP_TIMEOUT_MS } = this.#options;
    const bound = { signal, timeoutMs };
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

  /** What answers a knock then is the proxy and not the Gateway, so that there is nothing to probe. */
  async #dialThrough(proxy: ProxyServer, rules: ProxyRules, context: OpenContext): Promise<Duplex> {
    const { url, timeoutMs = STEP_TIMEOUT_MS } = this.#options;
    const { ladder, signal, interactive } = context;
    this.#reached = undefined;
    ladder.pass("resolve", `by the proxy ${proxy.origin}`);
    ladder.start("tcp");
    const credentials = this.#options.proxy?.credentials;
    const stream = await dialThroughProxy(url, proxy, { rules, credentials, interactive, signal, timeoutMs });
    ladder.pass("tcp", `${proxy.origin} → ${hostPort(url.host, url.port)}`);
    return stream;
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
