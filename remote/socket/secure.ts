import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type PeerCertificate, type TLSSocket, connect } from "node:tls";
import { ConnectError, type Fact } from "../../protocol/errors/connect-error.ts";
import { type DialBound, codeOf } from "../net/dial.ts";
import { within } from "../net/within.ts";
import type { GatewayUrl } from "../target/gateway-url.ts";
import { printable } from "../target/printable.ts";

/** A certificate's SHA-256 as 64 lower-case hex digits, or why a text is none. */
export function parseTlsFingerprint(text: string): string | undefined {
  const hex = text
    .trim()
    .replace(/^sha-?256[:=\s]/i, "")
    .replace(/[:\s]/g, "")
    .toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** As people compare it: upper-case pairs with colons. */
function formatTlsFingerprint(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(":");
}

/**
 * Which certificate is taken: the one with exactly this SHA-256 (as `parseTlsFingerprint` gives it) and nothing else asked of
 * it; one by the usual rules (a CA that is trusted, the right name, the dates); or any, where plain words would do as well.
 */
export type CertificateRule = { readonly pin: string } | "trusted" | "any";

/** The SHA-256 of the server's own certificate, as `parseTlsFingerprint` gives it. */
export const certificateOf = (tls: TLSSocket): string | undefined =>
  parseTlsFingerprint(tls.getPeerCertificate().fingerprint256 ?? "");

/**
 * Encrypts a connected socket. Resolves only once the certificate has been checked, so that no byte of HTTP goes to a server
 * that fails.
 * @throws ConnectError TLS_PIN_MISMATCH, TLS_UNTRUSTED, NOT_A_GATEWAY, LINK_LOST, HANDSHAKE_TIMEOUT; CancelledError
 */
export async function secure(
  socket: Duplex,
  url: GatewayUrl,
  rule: CertificateRule,
  bound: DialBound,
): Promise<TLSSocket> {
  const tls = connect({
    socket,
    ...(isIP(url.host) === 0 ? { servername: url.host } : {}),
    host: url.host,
    // Node still verifies; it then tells us instead of cutting the line, so that the card can show the fingerprint.
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
  });
  const handshake = new Promise<TLSSocket>((resolve, reject) => {
    tls.once("secureConnect", () => {
      if (rule === "any") return resolve(tls);
      const actual = certificateOf(tls);
      const shown = { actual, facts: certificateFacts(tls.getPeerCertificate()) };
      if (rule === "trusted" ? tls.authorized : actual === rule.pin) resolve(tls);
      else
        reject(rule === "trusted" ? untrusted(url, tls.authorizationError, shown) : pinMismatch(url, rule.pin, shown));
    });
    // Both stay for good: a later error must not become an uncaught one.
    tls.on("error", (error) => reject(tlsError(url, error)));
    tls.once("close", () => reject(tlsError(url, new Error("the connection ended in the TLS handshake"))));
  });
  const onTimeout = (): ConnectError =>
    new ConnectError(
      "HANDSHAKE_TIMEOUT",
      `${url.host} did not finish the TLS handshake within ${bound.timeoutMs} ms.`,
      {
        step: "websocket",
        facts: factsOf(url),
      },
    );
  return within(handshake, { ...bound, onTimeout }).catch((error: unknown) => {
    tls.destroy();
    socket.destroy();
    throw error;
  });
}

const factsOf = (url: GatewayUrl): Fact[] => [
  { label: "url", value: url.href },
  { label: "host", value: url.host },
  { label: "port", value: String(url.port) },
];

interface Shown {
  readonly actual: string | undefined;
  readonly facts: readonly Fact[];
}

/** Whom the certificate names, who signed it and until when it counts: what helps a person to know it again. */
function certificateFacts(certificate: PeerCertificate): readonly Fact[] {
  const name = (parts: object | undefined): string =>
    printable(
      Object.entries(parts ?? {})
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(", "),
    );
  const [subject, issuer] = [name(certificate.subject), name(certificate.issuer)];
  const signed = subject === issuer ? "self-signed" : `signed by ${issuer}`;
  const day = (text: string): string => {
    const date = new Date(text);
    return Number.isNaN(date.getTime()) ? "?" : date.toISOString().slice(0, 10);
  };
  const dates = `valid ${day(certificate.valid_from)} to ${day(certificate.valid_to)}`;
  return [{ label: "certificate", value: `${subject === "" ? "no name" : subject}, ${signed}, ${dates}` }];
}

function pinMismatch(url: GatewayUrl, expected: string, { actual, facts }: Shown): ConnectError {
  const now = actual === undefined ? "none" : formatTlsFingerprint(actual);
  return new ConnectError("TLS_PIN_MISMATCH", `${url.host} shows another certificate than the pinned one: ${now}.`, {
    step: "websocket",
    facts: [
      ...factsOf(url),
      { label: "known", value: formatTlsFingerprint(expected) },
      { label: "now", value: now },
      ...facts,
    ],
  });
}

function untrusted(url: GatewayUrl, reason: unknown, { actual, facts }: Shown): ConnectError {
  const why = printable(reason instanceof Error ? (codeOf(reason) ?? reason.message) : String(reason), 200);
  const now: Fact[] = actual === undefined ? [] : [{ label: "now", value: formatTlsFingerprint(actual) }];
  return new ConnectError("TLS_UNTRUSTED", `The certificate of ${url.host} is not trusted (${why}).`, {
    step: "websocket",
    facts: [...factsOf(url), ...now, ...facts, { label: "detail", value: why }],
  });
}

function tlsError(url: GatewayUrl, error: Error): ConnectError {
  const code = codeOf(error) ?? "";
  const isLink = code === "ECONNRESET" || code === "EPIPE" || code === "ETIMEDOUT";
  const why = code === "" ? error.message : code;
  return new ConnectError(
    isLink ? "LINK_LOST" : "NOT_A_GATEWAY",
    `${url.host} does not speak TLS on port ${url.port} (${why}).`,
    {
      step: "websocket",
      facts: [...factsOf(url), { label: "detail", value: why }],
      cause: error,
    },
  );
}
