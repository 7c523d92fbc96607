import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { asArray, asObject, asString } from "../../protocol/gateway/json.ts";
import type { SshEnvironment } from "../ssh/config/environment.ts";
import { fingerprintOf, keyTypeOf } from "../ssh/key-blob.ts";
import { printable } from "../target/printable.ts";
import { isPlainHost } from "./plain-host.ts";

/** Another computer of the tailnet that is online. */
export interface TailnetPeer {
  /** Its MagicDNS name, without the dot at the end; an SSH target and the host of a URL as it stands. */
  readonly name: string;
  /** As Tailscale calls it, made printable; empty when it does not say. */
  readonly os: string;
  /** Its addresses in the tailnet, as Tailscale writes them. */
  readonly addresses: readonly string[];
  /** Fingerprints (`SHA256:…`) of the SSH host keys that it has told the tailnet; none when Tailscale SSH is off there. */
  readonly hostKeys: readonly string[];
}

const TIMEOUT_MS = 2_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;
const MAX_OF_PEER = 10;
const MAX_PEERS = 100;
const MAC_APP = "/Applications/Tailscale.app/Contents/MacOS/Tailscale";

/** The peers that the `tailscale` command of this computer knows. None when there is no such command, or it does not answer. */
export async function listTailnetPeers(
  environment: Pick<SshEnvironment, "env" | "home" | "platform">,
  signal: AbortSignal,
): Promise<readonly TailnetPeer[]> {
  const command = findTailscale(environment);
  if (command === undefined || signal.aborted) return [];
  const options = {
    // Never a workspace, and nothing that hangs stays.
    cwd: environment.home,
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_BYTES,
    windowsHide: true,
    signal,
  } as const;
  return new Promise((resolve) => {
    execFile(command, ["status", "--json"], options, (error, stdout) =>
      resolve(error === null ? readTailnetStatus(stdout) : []),
    );
  });
}

/** What `tailscale status --json` says, every part of it untrusted. Names that our own parsers refuse are left out. */
export function readTailnetStatus(text: string): readonly TailnetPeer[] {
  const status = asObject(parseJson(text));
  if (status["BackendState"] !== "Running") return [];
  const self = dnsName(asObject(status["Self"])["DNSName"]);
  const peers = new Map<string, TailnetPeer>();
  for (const value of Object.values(asObject(status["Peer"]))) {
    const peer = asObject(value);
    const name = dnsName(peer["DNSName"]);
    if (peer["Online"] !== true || name === undefined || name === self) continue;
    peers.set(name, {
      name,
      os: printable(asString(peer["OS"]) ?? "", 20),
      addresses: strings(peer["TailscaleIPs"]),
      hostKeys: strings(peer["sshHostKeys"]).flatMap((line) => keyFingerprint(line) ?? []),
    });
    if (peers.size === MAX_PEERS) break;
  }
  return [...peers.values()].toSorted((one, other) => one.name.localeCompare(other.name));
}

/** The peer that is called so and has this SSH host key, by the word of the tailnet. */
export function peerOfHostKey(
  peers: readonly TailnetPeer[],
  { host, fingerprint }: { readonly host: string; readonly fingerprint: string },
): TailnetPeer | undefined {
  const called = host.replace(/\.$/, "").toLowerCase();
  return peers.find(
    ({ name, addresses, hostKeys }) =>
      hostKeys.includes(fingerprint) &&
      (name === called || name.split(".")[0] === called || addresses.includes(called)),
  );
}

const strings = (value: unknown): readonly string[] =>
  asArray(value)
    .slice(0, MAX_OF_PEER)
    .flatMap((each) => asString(each) ?? []);

/** Of a line as in authorized_keys: `ssh-ed25519 AAAA…`. */
function keyFingerprint(line: string): string | undefined {
  const [, type, base64 = ""] = /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: |$)/.exec(line.trim()) ?? [];
  const blob = Buffer.from(base64, "base64");
  return type !== undefined && keyTypeOf(blob) === type ? fingerprintOf(blob) : undefined;
}

/** A whole name, without the dot at its end. */
function dnsName(value: unknown): string | undefined {
  const name = asString(value)?.replace(/\.$/, "").toLowerCase();
  return name !== undefined && name.includes(".") && isPlainHost(name) ? name : undefined;
}

/** On an absolute folder of PATH, or that of the Mac app. */
function findTailscale({ env, platform }: Pick<SshEnvironment, "env" | "platform">): string | undefined {
  const name = platform === "win32" ? "tailscale.exe" : "tailscale";
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const places = [...folders.map((folder) => join(folder, name)), ...(platform === "darwin" ? [MAC_APP] : [])];
  return places.find((place) => existsSync(place));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
