import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { DialBound } from "../net/dial.ts";
import type { GatewayUrl } from "../target/gateway-url.ts";
import { certificateOf, secure } from "./secure.ts";
import { HungUp, upgrade } from "./upgrade.ts";

export interface Meeting {
  /** With `ws`. */
  readonly url: GatewayUrl;
  /** Connected to it already. */
  readonly stream: Duplex;
  /** Connects to it once more. */
  readonly again: () => Promise<Duplex>;
  /** Whether it spoke TLS when it was met last. Default: no. */
  readonly spokeTls?: boolean;
}

export interface MetGateway {
  readonly socket: GatewaySocket;
  /** SHA-256 of its certificate, as `parseTlsFingerprint` gives it; undefined when it speaks plainly. */
  readonly certificate: string | undefined;
}

/**
 * Does the WebSocket handshake at the end of a way over which plain words may go: an SSH channel to the host itself, this
 * computer's loopback, an address that a person wrote with `ws`. A Gateway may speak TLS there all the same (`gateway.tls`);
 * it hangs up on plain words without one of its own and is then met in TLS. Its certificate is not checked: the way is no
 * better protected without it.
 * @throws ConnectError as `upgrade`; what `again` throws, when it is needed to go on; CancelledError
 */
export async function meetGateway(
  { url, stream, again, spokeTls = false }: Meeting,
  bound: DialBound & { readonly onSilent?: () => void },
): Promise<MetGateway> {
  const safe: GatewayUrl = { ...url, secure: true, href: url.href.replace(/^ws:/, "wss:") };
  const deadline = performance.now() + bound.timeoutMs;
  // One time-out for all of it: a server that stalls the second time gets no second patience.
  const left = () => ({ ...bound, timeoutMs: Math.max(1, Math.ceil(deadline - performance.now())) });
  const encrypt = (over: Duplex): Promise<TLSSocket> => secure(over, safe, "any", left());
  const plainly = async (over: Duplex): Promise<MetGateway> => ({
    socket: await upgrade(over, url, left()),
    certificate: undefined,
  });
  const inTls = async (tls: TLSSocket): Promise<MetGateway> => ({
    certificate: certificateOf(tls),
    socket: await upgrade(tls, safe, left()),
  });
  if (spokeTls) {
    const tls = await unlessItFails(encrypt(stream));
    return tls === undefined ? plainly(await again()) : inTls(tls);
  }
  try {
    return await plainly(stream);
  } catch (error) {
    if (!(error instanceof HungUp)) throw error;
    const tls = await unlessItFails(again().then(encrypt));
    if (tls === undefined) throw error;
    return inTls(tls);
  }
}

/** `undefined` for any failure but a cancel. */
function unlessItFails<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (error instanceof CancelledError) throw error;
    return undefined;
  });
}
