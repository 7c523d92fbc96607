import type { GatewayLink } from "../connection/gateway-link.ts";
import { type GatewayProfile, targetKey } from "../connection/profile.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import type { Memory } from "../platform/ports.ts";
import { RESUME_KEY } from "./ids.ts";

export interface ConnectPorts {
  readonly link: Pick<GatewayLink, "connect" | "disconnect" | "retry" | "view">;
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
export async function connectTo(profile: GatewayProfile, ports: ConnectPorts): Promise<boolean> {
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

/** Closes the connection; the next reload of the window does not bring it back. */
export async function disconnect(ports: ConnectPorts): Promise<void> {
  await ports.windowMemory.update(RESUME_KEY, undefined);
  ports.link.disconnect();
}

/** After a reload: goes back, in the background and without a question, to what this window was connected to. */
export async function resumeConnection(ports: ConnectPorts): Promise<void> {
  const key = ports.windowMemory.get(RESUME_KEY);
  const profile = typeof key === "string" ? ports.profiles.find(key) : undefined;
  if (profile === undefined) await ports.windowMemory.update(RESUME_KEY, undefined);
  else await ports.link.connect(profile, { interactive: false });
}

async function rememberConnected(profile: GatewayProfile, ports: ConnectPorts): Promise<void> {
  await ports.windowMemory.update(RESUME_KEY, targetKey(profile.target));
  await ports.profiles.remember(profile, ports.now());
}
