import { isIPv4 } from "node:net";
import { isRecord } from "../json.ts";
import { BIND_MODES, type BindMode } from "./bind.ts";
import { addressList } from "./address-list.ts";
import type { ConfigReader } from "./reader.ts";

/** A secret as it is written in the config: itself (also `${NAME}`), or where it is found. */
export type SecretInput = string | { readonly source: string; readonly id: string };

export const AUTH_MODES = ["token", "password", "trusted-proxy", "none"] as const;
export type AuthMode = (typeof AUTH_MODES)[number];

export const TAILSCALE_MODES = ["off", "serve", "funnel"] as const;
export type TailscaleMode = (typeof TAILSCALE_MODES)[number];

export interface RateLimitConfig {
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly lockoutMs: number;
  readonly exemptLoopback: boolean;
}

/** `gateway.auth.trustedProxy`: what a reverse proxy must say for its user to be believed. Header names in lower case. */
export interface TrustedProxyConfig {
  readonly userHeader: string;
  readonly requiredHeaders: readonly string[];
  /** Empty lets in everyone that the proxy lets in. */
  readonly allowUsers: readonly string[];
  readonly allowLoopback: boolean;
}

export interface TlsConfig {
  readonly autoGenerate: boolean;
  readonly certPath: string | undefined;
  readonly keyPath: string | undefined;
  readonly caPath: string | undefined;
}

/** The `gateway` section, as far as the sidecar reads it. `gateway.remote` is for clients: nothing in it opens anything. */
export interface GatewayConfig {
  readonly port: number | undefined;
  readonly bind: BindMode | undefined;
  readonly customBindHost: string | undefined;
  readonly authMode: AuthMode | undefined;
  readonly token: SecretInput | undefined;
  readonly password: SecretInput | undefined;
  readonly rateLimit: RateLimitConfig;
  /** Undefined leaves it to the mode: on with Tailscale Serve. */
  readonly allowTailscale: boolean | undefined;
  readonly trustedProxy: TrustedProxyConfig | undefined;
  /** Scopes that a verified person gets besides those of the device; keys as they are written. */
  readonly identityScopes: ReadonlyMap<string, readonly string[]>;
  readonly allowedOrigins: readonly string[];
  readonly publicOrigin: string | undefined;
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
  readonly allowRealIpFallback: boolean;
  /** Undefined when TLS is off. */
  readonly tls: TlsConfig | undefined;
  readonly tailscale: TailscaleMode | undefined;
  /** `nodes.commands`: exact names of node commands that are allowed besides the usual ones, and that are not. */
  readonly nodeCommands: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** `off`: edits of the file wait for a restart. */
  readonly reload: "off" | "hybrid";
  /** The value of `Strict-Transport-Security`. */
  readonly hsts: string | undefined;
}

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const DAY_MS = 86_400_000;

/** Checks and names what the sidecar uses of the `gateway` section. @throws StartupError with the path of what is wrong */
export function readGatewayConfig(gateway: ConfigReader): GatewayConfig {
  const auth = gateway.object("auth");
  const bind = gateway.choice("bind", BIND_MODES);
  return {
    port: gateway.integer("port", 0, 65_535),
    bind,
    customBindHost: readCustomHost(gateway, bind),
    authMode: auth.choice("mode", AUTH_MODES),
    token: readSecret(auth, "token"),
    password: readSecret(auth, "password"),
    rateLimit: readRateLimit(auth.object("rateLimit")),
    allowTailscale: auth.flag("allowTailscale"),
    trustedProxy: readTrustedProxy(auth),
    identityScopes: readIdentityScopes(auth.object("identityScopes")),
    allowedOrigins: readOrigins(gateway.object("controlUi")),
    publicOrigin: readOrigin(gateway, "publicOrigin", gateway.text("publicOrigin")),
    trustedProxies: readProxies(gateway),
    allowRealIpFallback: gateway.flag("allowRealIpFallback") ?? false,
    tls: readTls(gateway.object("tls")),
    tailscale: gateway.object("tailscale").choice("mode", TAILSCALE_MODES),
    nodeCommands: readNodeCommands(gateway.object("nodes").object("commands")),
    reload: gateway.object("reload").choice("mode", ["off", "hybrid"]) ?? "hybrid",
    hsts: readHsts(gateway.object("http").object("securityHeaders")),
  };
}

function readNodeCommands(commands: ConfigReader): GatewayConfig["nodeCommands"] {
  return { allow: commands.texts("allow"), deny: commands.texts("deny") };
}

/** A secret of the config, not yet looked up. */
export function readSecret(reader: ConfigReader, key: string): SecretInput | undefined {
  const value = reader.raw(key);
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  if (isRecord(value) && typeof value["source"] === "string" && typeof value["id"] === "string") {
    return { source: value["source"], id: value["id"] };
  }
  throw reader.error(key, 'must be a string or { "source": "env", "id": NAME }');
}

function readCustomHost(gateway: ConfigReader, bind: BindMode | undefined): string | undefined {
  const host = gateway.text("customBindHost");
  if (host !== undefined && !isIPv4(host)) throw gateway.error("customBindHost", "must be an IPv4 address");
  if (bind === "custom" && host === undefined)
    throw gateway.error("customBindHost", 'is missing: gateway.bind "custom" needs an IPv4 address');
  return host;
}

function readRateLimit(reader: ConfigReader): RateLimitConfig {
  return {
    maxAttempts: reader.integer("maxAttempts", 1, 10_000) ?? 10,
    windowMs: reader.integer("windowMs", 1, DAY_MS) ?? 60_000,
    lockoutMs: reader.integer("lockoutMs", 1, DAY_MS) ?? 300_000,
    exemptLoopback: reader.flag("exemptLoopback") ?? true,
  };
}

function readTrustedProxy(auth: ConfigReader): TrustedProxyConfig | undefined {
  if (auth.raw("trustedProxy") === undefined) return undefined;
  const reader = auth.object("trustedProxy");
  const header = (key: string, name: string): string => {
    if (!HEADER_NAME.test(name)) throw reader.error(key, `"${name}" is no header name`);
    return name.toLowerCase();
  };
  const userHeader = reader.text("userHeader");
  if (userHeader === undefined) throw reader.error("userHeader", "is missing: it names the header with the user");
  return {
    userHeader: header("userHeader", userHeader),
    requiredHeaders: reader.texts("requiredHeaders").map((name) => header("requiredHeaders", name)),
    allowUsers: reader.texts("allowUsers"),
    allowLoopback: reader.flag("allowLoopback") ?? false,
  };
}

function readIdentityScopes(reader: ConfigReader): ReadonlyMap<string, readonly string[]> {
  return new Map(
    reader.keys().map((identity) => {
      const scopes = reader.texts(identity);
      const odd = scopes.find((scope) => !/^operator\.[a-z.]+$/.test(scope));
      if (odd !== undefined) throw reader.error(identity, `"${odd}" is no operator scope`);
      return [identity, scopes];
    }),
  );
}

function readOrigins(controlUi: ConfigReader): readonly string[] {
  return controlUi
    .texts("allowedOrigins")
    .map((origin) => (origin === "*" ? origin : (readOrigin(controlUi, "allowedOrigins", origin) ?? "")));
}

/** An origin is a scheme, a host and a port: anything more would never match, and a wrong one must not be silent. */
function readOrigin(reader: ConfigReader, key: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw reader.error(key, `"${value}" is no origin: write it as https://host or https://host:port`);
  }
  return url.origin;
}

function readProxies(gateway: ConfigReader): readonly string[] {
  const proxies = gateway.texts("trustedProxies");
  const odd = proxies.find((proxy) => addressList([proxy]) === undefined);
  if (odd !== undefined) throw gateway.error("trustedProxies", `"${odd}" is neither an address nor a range (CIDR)`);
  return proxies;
}

function readTls(reader: ConfigReader): TlsConfig | undefined {
  const isOn = reader.flag("enabled") ?? false;
  const tls = {
    autoGenerate: reader.flag("autoGenerate") ?? true,
    certPath: reader.text("certPath"),
    keyPath: reader.text("keyPath"),
    caPath: reader.text("caPath"),
  };
  if ((tls.certPath === undefined) !== (tls.keyPath === undefined)) {
    throw reader.error(
      tls.certPath === undefined ? "certPath" : "keyPath",
      "is missing: certPath and keyPath go together",
    );
  }
  return isOn ? tls : undefined;
}

function readHsts(reader: ConfigReader): string | undefined {
  if (reader.raw("strictTransportSecurity") === false) return undefined;
  const value = reader.text("strictTransportSecurity");
  if (value !== undefined && !/^[\x20-\x7e]{1,200}$/.test(value))
    throw reader.error("strictTransportSecurity", "must be a header value of printable ASCII");
  return value;
}
