import type { ErrorCode } from "../../../protocol/errors/catalogue.ts";
import { ConnectError, type Fact } from "../../../protocol/errors/connect-error.ts";
import type { LadderStep } from "../../../protocol/ladder/steps.ts";
import type { Place } from "../../net/dial.ts";
import { hostPort } from "../../target/host.ts";
import { printable } from "../../target/printable.ts";
import { fingerprintOf } from "../key-blob.ts";
import { readKnownHosts } from "../known-hosts/known-hosts-file.ts";
import { closedError } from "../session/ssh-failure.ts";
import type { ResolvedHost } from "./resolve-host.ts";
import { readProgress } from "./ssh-log.ts";

interface Reading {
  readonly code: ErrorCode;
  readonly step: LadderStep;
  readonly pattern: RegExp;
}

/** In this order: what is more exact goes first. Each is a line that ssh writes itself. */
const READINGS: readonly Reading[] = [
  { code: "SSH_CONFIG_INVALID", step: "resolve", pattern: /^.*terminating, \d+ bad configuration options$/m },
  { code: "DNS_FAILED", step: "resolve", pattern: /^(?:ssh: )?Could not resolve hostname .*$/m },
  { code: "TCP_REFUSED", step: "tcp", pattern: /^ssh: connect to host .*: Connection refused$/m },
  { code: "TCP_TIMEOUT", step: "tcp", pattern: /^ssh: connect to host .*: (?:Connection|Operation) timed out$/m },
  { code: "TCP_UNREACHABLE", step: "tcp", pattern: /^ssh: connect to host .*$/m },
  { code: "SSH_TIMEOUT", step: "host-key", pattern: /^Connection timed out during banner exchange$/m },
  {
    code: "NOT_SSH",
    step: "tcp",
    pattern: /^(?:kex_exchange_identification|banner exchange): .*(?:banner|invalid format).*$/m,
  },
  { code: "NOT_SSH", step: "tcp", pattern: /^(?:Bad remote protocol version|Protocol major versions differ).*$/m },
  { code: "SSH_KEX_FAILED", step: "host-key", pattern: /^Unable to negotiate with .*: no matching .*$/m },
  {
    code: "HOST_KEY_REVOKED",
    step: "host-key",
    pattern: /^.*REVOKED HOST KEY DETECTED.*$|^.*is marked as revoked.*$/m,
  },
  { code: "HOST_KEY_CHANGED", step: "host-key", pattern: /^.*REMOTE HOST IDENTIFICATION HAS CHANGED.*$/m },
  {
    code: "HOST_KEY_UNKNOWN",
    step: "host-key",
    pattern: /^(?:No .* host key is known for .*|Host key verification failed\.)$/m,
  },
  { code: "SSH_AUTH_FAILED", step: "ssh-auth", pattern: /^.*Permission denied \(.*\)\.$/m },
  { code: "SSH_AUTH_FAILED", step: "ssh-auth", pattern: /^.*Too many authentication failures.*$/m },
];

export interface EndOfSsh {
  readonly host: ResolvedHost;
  /** Of the connection itself. */
  readonly log: string;
  /** Of jump hosts and proxies. */
  readonly stderr: string;
  readonly needsPerson: readonly string[];
  /** What the host has told beside that. */
  readonly notice: readonly string[];
}

/** Why ssh has ended before it was signed in, by its own words. */
export async function systemFailure({ host, log, stderr, needsPerson, notice }: EndOfSsh): Promise<ConnectError> {
  const read = (text: string) =>
    READINGS.map((reading) => ({ ...reading, line: reading.pattern.exec(text)?.[0] })).find(
      ({ line }) => line !== undefined,
    );
  const own = log.replaceAll("\r", "");
  const hops = host.proxyJump === undefined ? "" : stderr.replaceAll("\r", "");
  const found = read(own) ?? read(hops);
  const progress = readProgress(own);
  if (found?.line === undefined) {
    const step = progress.isProven ? "ssh-auth" : progress.isReached ? "host-key" : "tcp";
    return closedError(
      host,
      step,
      lastWords(own) || lastWords(hops) || ["ssh ended without a word", ...notice].join("; "),
    );
  }
  const { code, step } = found;
  const words = [found.line.replaceAll("@", "").trim(), ...needsPerson.map((what) => `needs a person for ${what}`)];
  const detail = printable([...words, ...(step === "ssh-auth" ? notice : [])].join("; "), 400);
  const facts: Fact[] = [
    { label: "host", value: host.hostName },
    { label: "port", value: String(host.port) },
    { label: "user", value: host.user },
    { label: "savedIn", value: "ssh_config" },
    { label: "detail", value: detail },
  ];
  const message = `The system's ssh did not get to ${hostPort(host.hostName, host.port)}: ${detail}.`;
  if (code.startsWith("HOST_KEY_")) {
    if (read(own) !== undefined)
      return hostKeyFailure(code, { place: { host: host.hostName, port: host.port }, text: own });
    const hop = readProgress(hops).address ?? { host: host.proxyJump ?? host.hostName, port: host.port };
    return hostKeyFailure(code, { place: hop, text: hops });
  }
  return new ConnectError(code, message, { step, facts });
}

async function hostKeyFailure(
  code: ErrorCode,
  { place, text }: { readonly place: Place; readonly text: string },
): Promise<ConnectError> {
  const { hostKey } = readProgress(text);
  const now = hostKey?.fingerprint ?? "";
  const savedIn = /^(?:Offending|Revoked) .*key in (.+:\d+)$/im.exec(text)?.[1];
  const known = savedIn === undefined ? undefined : await knownKey(savedIn);
  const words = new Map<ErrorCode, string>([
    ["HOST_KEY_CHANGED", "shows another key than the one that is known"],
    ["HOST_KEY_REVOKED", "shows a key that is marked as revoked"],
  ]).get(code);
  const where = savedIn === undefined ? "" : ` (${savedIn})`;
  const facts: Fact[] = [
    { label: "host", value: place.host },
    { label: "port", value: String(place.port) },
    { label: "keyType", value: hostKey?.type ?? "" },
    ...(code === "HOST_KEY_CHANGED" ? [{ label: "known" as const, value: known ?? "" }] : []),
    { label: "now", value: now },
    { label: "savedIn", value: savedIn ?? "known_hosts" },
  ];
  const what = `${hostKey?.type ?? ""} ${now}`;
  const said = `${hostPort(place.host, place.port)} ${words ?? "is not known yet"}: ${what}${where}.`;
  return new ConnectError(code, said, { step: "host-key", facts });
}

async function knownKey(savedIn: string): Promise<string | undefined> {
  const entries = await readKnownHosts([savedIn.replace(/:\d+$/, "")]).catch(() => []);
  const entry = entries.find((each) => each.savedIn === savedIn);
  return entry === undefined ? undefined : fingerprintOf(entry.key);
}

/** The last line that is not ssh's account of what it does. */
function lastWords(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^(?:debug\d: |OpenSSH_)/.test(line));
  return printable(lines.slice(-2).join("; "), 200);
}
