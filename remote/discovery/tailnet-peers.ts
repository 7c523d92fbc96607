import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { asObject, asString } from "../../protocol/gateway/json.ts";
import type { SshEnvironment } from "../ssh/config/environment.ts";
import { printable } from "../target/printable.ts";
import { isPlainHost } from "./plain-host.ts";

/** Another computer of the tailnet that is online. */
export interface TailnetPeer {
  /** Its MagicDNS name, without the dot at the end; an SSH target and the host of a URL as it stands. */
  readonly name: string;
  /** As Tailscale calls it, made printable; empty when it does not say. */
  readonly os: string;
}

const TIMEOUT_MS = 2_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
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
    peers.set(name, { name, os: printable(asString(peer["OS"]) ?? "", 20) });
    if (peers.size === MAX_PEERS) break;
  }
  return [...peers.values()].toSorted((one, other) => one.name.localeCompare(other.name));
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
