import { asArray } from "../../protocol/gateway/json.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { type GatewayProfile, targetKey } from "../connection/profile.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import type { Memory } from "../platform/ports.ts";
import { RESUME_KEY } from "./ids.ts";

export interface ConnectPorts {
  readonly link: Pick<GatewayLink, "connect" | "keep" | "disconnect" | "retry" | "view" | "others">;
  readonly profiles: Pick<ProfileStore, "remember" | "find">;
  /** Remembers, across reloads of this window, what it was connected to. */
  readonly windowMemory: Memory;
  /** Shows the chat, which shows the ladder. */
  readonly openChat: () => PromiseLike<unknown>;
  /** Shows progress while `work` runs. */
  readonly progress: <T>(work: Promise<T>) => PromiseLike<T>;
  readonly now: () => number;
}

/**
 * Connects with the ladder on screen. A Gateway is saved once it was reached, never before; what went wrong stands on the
 * card in the chat and in the status bar. @returns whether it is connected now
 */
export async function connectTo(chosen: GatewayProfile, ports: ConnectPorts): Promise<boolean> {
  // Who typed an address again, or chose it on its host, did not mean to lose its name and its other ways.
  const { name, roads } = ports.profiles.find(targetKey(chosen.target)) ?? chosen;
  const profile = { ...chosen, name, ...(chosen.roads !== undefined || roads === undefined ? {} : { roads }) };
  await ports.openChat();
  const outcome = await ports.progress(ports.link.connect(profile, { interactive: true }));
  if (outcome.type !== "connected") return false;
  await rememberConnected(profile, ports);
  return true;
}

/** Tries again what failed or waits, with prompts. @returns whether it is connected now */
export async function retryConnection(ports: ConnectPorts): Promise<boolean> {
  const { profile } = ports.link.view;
  if (profile === undefined) return false;
  const outcome = await ports.progress(ports.link.retry());
  if (outcome.type !== "connected") return false;
  await rememberConnected(profile, ports);
  return true;
}

/**
 * Closes the connection in front, or the one of this target key; the next reload of the window does not bring it back. The
 * one that was in front before comes forward.
 */
export async function disconnect(ports: ConnectPorts, gateway?: string): Promise<void> {
  ports.link.disconnect(gateway);
  await noteConnected(ports);
}

/**
 * After a reload: goes back, in the background and without a question, to what this window was connected to, the one in
 * front first.
 */
export async function resumeConnection(ports: ConnectPorts): Promise<void> {
  const keys = asArray(ports.windowMemory.get(RESUME_KEY));
  const [front, ...others] = keys.flatMap((key) => (typeof key === "string" ? (ports.profiles.find(key) ?? []) : []));
  if (front === undefined) {
    await ports.windowMemory.update(RESUME_KEY, undefined);
    return;
  }
  const reached = ports.link.connect(front, { interactive: false });
  for (const profile of others.toReversed()) ports.link.keep(profile);
  await reached;
}

async function rememberConnected(profile: GatewayProfile, ports: ConnectPorts): Promise<void> {
  await noteConnected(ports);
  await ports.profiles.remember(profile, ports.now());
}

/** What a reload of this window goes back to: the one in front, then the ones behind it. */
async function noteConnected({ link, windowMemory }: ConnectPorts): Promise<void> {
  const front = link.view.state.phase === "disconnected" ? [] : [link.view];
  const keys = [...front, ...link.others].flatMap(({ profile }) =>
    profile === undefined ? [] : [targetKey(profile.target)],
  );
  await windowMemory.update(RESUME_KEY, keys.length === 0 ? undefined : keys);
}
