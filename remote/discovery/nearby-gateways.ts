import { type Socket, createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { type Question, encode } from "dns-packet";
import { type Beacon, BeaconBook, GATEWAY_SERVICE } from "./beacons.ts";

export interface NearbyOptions {
  readonly signal: AbortSignal;
  /** Milliseconds that answers are waited for. */
  readonly timeoutMs?: number;
  /** Where the question goes, and from which of this computer's addresses; for tests. */
  readonly group?: { readonly address: string; readonly port: number };
  readonly from?: readonly string[];
  /** Whether this computer finds a name; for tests. */
  readonly isKnown?: (host: string) => Promise<boolean>;
}

/** RFC 6762, 3. */
const GROUP = { address: "224.0.0.251", port: 5353 };
const TIMEOUT_MS = 1_500;
const RESOLVE_TIMEOUT_MS = 700;
/** Asked again halfway, as a datagram may be lost, and for what an answer has named and not described. */
const ASK_AGAIN_AFTER = 0.4;
const MOST_QUESTIONS = 20;

/**
 * The Gateways that announce themselves in the networks of this computer. One question of RFC 6762, 5.1, from a port of its
 * own: nothing here listens for others, and nothing is left when it is over. Never rejects; none where multicast is not.
 */
export async function listNearbyGateways(options: NearbyOptions): Promise<readonly Beacon[]> {
  const { signal, timeoutMs = TIMEOUT_MS, group = GROUP, from = ownAddresses(), isKnown = isResolved } = options;
  if (signal.aborted) return [];
  const book = new BeaconBook();
  const sockets = from.map((address) => openSocket(address, book));
  const ask = (questions: readonly Question[]): void => {
    for (const opened of sockets)
      opened
        .then((socket) => {
          const query = encode({ type: "query", questions: [...questions] });
          socket.send(query, group.port, group.address, () => undefined);
        })
        // A socket that has failed, or a name that a beacon has told and that cannot be asked about.
        .catch(() => undefined);
  };
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const timers = [
    setTimeout(() => {
      const described = book.incomplete.flatMap((name) => [question("SRV", name), question("TXT", name)]);
      ask([question("PTR", GATEWAY_SERVICE), ...described].slice(0, MOST_QUESTIONS));
    }, timeoutMs * ASK_AGAIN_AFTER),
    setTimeout(end, timeoutMs),
  ];
  const cancel = (): void => end();
  signal.addEventListener("abort", cancel, { once: true });
  ask([question("PTR", GATEWAY_SERVICE)]);
  try {
    await over;
  } finally {
    signal.removeEventListener("abort", cancel);
    for (const timer of timers) clearTimeout(timer);
    for (const opened of await Promise.allSettled(sockets)) if (opened.status === "fulfilled") opened.value.close();
  }
  const beacons = await Promise.all(book.beacons.map((beacon) => reachable(beacon, isKnown)));
  return signal.aborted ? [] : beacons;
}

/** Many Linux computers have no resolver for `.local` names: there the address is taken that has answered. */
async function reachable(beacon: Beacon, isKnown: (host: string) => Promise<boolean>): Promise<Beacon> {
  const { address } = beacon;
  return address === undefined || (await isKnown(beacon.host)) ? beacon : { ...beacon, host: address };
}

async function isResolved(host: string): Promise<boolean> {
  const bound = AbortSignal.timeout(RESOLVE_TIMEOUT_MS);
  const never = new Promise<boolean>((resolve) => bound.addEventListener("abort", () => resolve(false)));
  const found = lookup(host).then(
    () => true,
    () => false,
  );
  return Promise.race([found, never]);
}

const question = (type: "PTR" | "SRV" | "TXT", name: string): Question => ({ type, name, class: "IN" });

function openSocket(address: string, book: BeaconBook): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    // One that has failed says nothing more; the others go on.
    socket.on("error", (error) => {
      reject(error);
      socket.removeAllListeners("message");
    });
    socket.on("message", (datagram, { address: sender }) => book.read(datagram, sender));
    socket.bind({ address, port: 0, exclusive: true }, () => {
      try {
        socket.setMulticastInterface(address);
        socket.setMulticastTTL(255);
      } catch {
        // An interface without multicast gets no answer.
      }
      resolve(socket);
    });
  });
}

function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.flatMap(({ family, internal, address }) => (family === "IPv4" && !internal ? [address] : []));
}
