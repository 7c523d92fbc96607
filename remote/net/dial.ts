import { lookup } from "node:dns/promises";
import { type Socket, connect, isIP } from "node:net";
import type { ErrorCode } from "../../protocol/errors/catalogue.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { within } from "./within.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface Address {
  readonly address: string;
  readonly family: number;
}

export interface DialBound {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

const factsOf = (place: Place, detail?: string) => [
  { label: "host" as const, value: place.host },
  { label: "port" as const, value: String(place.port) },
  ...(detail === undefined ? [] : [{ label: "detail" as const, value: detail }]),
];

/**
 * Looks a host up as the system does. A literal address is its own answer.
 * @param bound.family of the addresses, 0 for both
 * @throws ConnectError DNS_FAILED; CancelledError
 */
export async function resolveHost(
  place: Place,
  { family = 0, ...bound }: DialBound & { readonly family?: 0 | 4 | 6 },
): Promise<readonly Address[]> {
  const failed = (detail: string, cause?: unknown): ConnectError =>
    new ConnectError("DNS_FAILED", `The host ${place.host} was not found (${detail}).`, {
      step: "resolve",
      facts: factsOf(place, detail),
      cause,
    });
  const literal = isIP(place.host);
  if (literal !== 0 && family !== 0 && literal !== family) throw failed(`it is no IPv${family} address`);
  if (literal !== 0) return [{ address: place.host, family: literal }];
  const search = lookup(place.host, { all: true, order: "verbatim", family }).catch((error: unknown) => {
    throw failed(codeOf(error) ?? "lookup failed", error);
  });
  const addresses = await within(search, { ...bound, onTimeout: () => failed("the lookup timed out") });
  if (addresses.length === 0) throw failed("no address");
  return addresses;
}

/** The system repeats a lost SYN after 1, 2, 4, 8 s; a link that comes back in between would wait for that. */
const KNOCK_EVERY_MS = 1_000;

/**
 * Opens a TCP connection to one of the addresses (RFC 8305 order), with Nagle's algorithm off. While nothing answers it
 * knocks again every second; the first connection that opens is the one.
 * @throws ConnectError TCP_REFUSED, TCP_TIMEOUT, TCP_UNREACHABLE; CancelledError
 */
export async function dialTcp(place: Place, addresses: readonly Address[], bound: DialBound): Promise<Socket> {
  const knocks: Socket[] = [];
  let timer: NodeJS.Timeout | undefined;
  const opened = new Promise<Socket>((resolve, reject) => {
    const knock = (): void => {
      const socket = connectTo(place, addresses);
      knocks.push(socket);
      socket.once("connect", () => resolve(socket));
      // Stays for good: a later error must not become an uncaught one, and `close` follows it anyway.
      socket.on("error", (error) => reject(dialError(place, error)));
    };
    knock();
    timer = setInterval(knock, KNOCK_EVERY_MS);
  });
  const onTimeout = (): ConnectError =>
    new ConnectError(
      "TCP_TIMEOUT",
      `${place.host} did not answer on port ${place.port} within ${bound.timeoutMs} ms.`,
      {
        step: "tcp",
        facts: factsOf(place),
      },
    );
  let chosen: Socket | undefined;
  try {
    chosen = await within(opened, { ...bound, onTimeout });
    return chosen;
  } finally {
    clearInterval(timer);
    for (const socket of knocks) if (socket !== chosen) socket.destroy();
  }
}

function connectTo(place: Place, addresses: readonly Address[]): Socket {
  return connect({
    host: place.host,
    port: place.port,
    autoSelectFamily: true,
    noDelay: true,
    lookup: (_host, options, answer) => {
      const [first] = addresses;
      if (options.all === true || first === undefined) answer(null, [...addresses]);
      else answer(null, first.address, first.family);
    },
  });
}

const UNREACHABLE_WORDS = "cannot be reached from here";

function dialError(place: Place, error: Error): ConnectError {
  const system = codeOf(error) ?? codeOf(firstOf(error)) ?? "";
  const byCode: Record<string, readonly [ErrorCode, string]> = {
    ECONNREFUSED: ["TCP_REFUSED", `refused the connection on port ${place.port}`],
    ECONNRESET: ["TCP_REFUSED", `reset the connection on port ${place.port}`],
    ETIMEDOUT: ["TCP_TIMEOUT", `did not answer on port ${place.port}`],
  };
  const [code, words] = byCode[system] ?? ["TCP_UNREACHABLE", UNREACHABLE_WORDS];
  return new ConnectError(code, `${place.host} ${words}${system === "" ? "" : ` (${system})`}.`, {
    step: "tcp",
    facts: factsOf(place, system === "" ? error.message : system),
    cause: error,
  });
}

/** Happy Eyeballs gives one error for several addresses: the first tells why. */
const firstOf = (error: Error): unknown => (error instanceof AggregateError ? error.errors[0] : undefined);

/** The system's name of an error (`ECONNREFUSED`), when it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
