import type { Duplex } from "node:stream";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import { type TunnelAnswer, failure, openTunnel } from "./connect-tunnel.ts";
import type { DialBound, Place } from "./dial.ts";
import { type BasicCredential, type ProxyRules, type ProxyServer, basicAuthorization } from "./proxy-rules.ts";

/** Where the sign-in of a proxy is kept and asked for: by its `origin`, so that no other host ever gets it. */
export interface ProxyCredentials {
  load(origin: string): Promise<BasicCredential | undefined>;
  /** `undefined`: cancelled. */
  ask(question: ProxyQuestion, signal: AbortSignal): Promise<BasicCredential | undefined>;
  keep(origin: string, credential: BasicCredential): Promise<void>;
  /** Takes one away that the proxy refuses. */
  forget(origin: string): Promise<void>;
}

export interface ProxyQuestion {
  readonly origin: string;
  /** What the proxy calls itself; its own words, made printable. */
  readonly realm: string;
  /** A kept sign-in was refused a moment ago. */
  readonly isAgain: boolean;
}

export interface ProxyRoad {
  readonly rules: ProxyRules;
  /** Undefined: nothing is kept and nobody is asked. */
  readonly credentials: ProxyCredentials | undefined;
  readonly interactive: boolean;
}

/**
 * A connection to a place through a proxy. Basic is the one way to sign in: with what the settings say, else what is kept,
 * else what a person types, once.
 * @throws ConnectError PROXY_FAILED, PROXY_REFUSED, PROXY_AUTH_REQUIRED; CancelledError
 */
export async function dialThroughProxy(
  place: Place,
  proxy: ProxyServer,
  { rules, credentials, interactive, ...bound }: ProxyRoad & DialBound,
): Promise<Duplex> {
  const attempt = (authorization: string | undefined): Promise<TunnelAnswer> =>
    openTunnel(place, { proxy, strictTls: rules.strictTls, authorization }, bound);

  const fixed = fixedAuthorization(proxy, rules);
  const kept = fixed === undefined ? await credentials?.load(proxy.origin) : undefined;
  const first = await attempt(fixed ?? (kept && basicAuthorization(kept)));
  if (first.kind === "open") return first.stream;
  if (fixed !== undefined) throw refused(proxy, "it does not take the sign-in of the settings");
  if (!first.schemes.includes("basic")) throw refused(proxy, foreignSchemes(first.schemes));
  if (kept !== undefined) await credentials?.forget(proxy.origin);
  if (credentials === undefined || !interactive) throw refused(proxy, "it wants a user and a password");

  const question = { origin: proxy.origin, realm: first.realm, isAgain: kept !== undefined };
  const typed = await credentials.ask(question, bound.signal);
  if (typed === undefined) throw new CancelledError();
  const second = await attempt(authorizationOf(typed, proxy));
  if (second.kind !== "open") throw refused(proxy, "it does not take this user and password");
  await credentials.keep(proxy.origin, typed);
  return second.stream;
}

function fixedAuthorization(proxy: ProxyServer, { authorization }: ProxyRules): string | undefined {
  if (authorization === undefined || authorization === "")
    return proxy.credential && authorizationOf(proxy.credential, proxy);
  if (/^[\u0020-\u007e]{1,8192}$/.test(authorization)) return authorization;
  throw refused(proxy, "http.proxyAuthorization is not one line of plain characters");
}

function authorizationOf(credential: BasicCredential, proxy: ProxyServer): string {
  const value = basicAuthorization(credential);
  if (value === undefined) throw refused(proxy, "the user has a colon or a control character");
  return value;
}

const foreignSchemes = (schemes: readonly string[]): string =>
  schemes.length === 0
    ? "it wants a sign-in and does not say which"
    : `it wants ${schemes.join(" or ")}, and only Basic is supported`;

const refused = (proxy: ProxyServer, why: string) => failure("PROXY_AUTH_REQUIRED", proxy, why);
