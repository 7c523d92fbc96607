import { createHash, randomUUID } from "node:crypto";
import type { SettingStore } from "../store/settings.ts";
import { isRecord } from "../json.ts";

type View = Readonly<Record<string, unknown>>;

const NAME = "exec.approvals";
const EMPTY: View = { version: 1, defaults: {}, agents: {} };

/** The exec policy of this host as operators edit it, and what it comes to where it says nothing. */
export interface ExecPolicy {
  readonly exists: boolean;
  readonly file: View;
  /** Of the file as it is; a change must name it, so that two people cannot undo each other's. */
  readonly hash: string;
  readonly resolvedDefaults: View;
}

/**
 * Reads the policy. The sidecar runs no commands itself, so that its defaults are the closed ones; the policy is kept for
 * the clients that show and edit it.
 */
export function readExecPolicy(settings: SettingStore): ExecPolicy {
  const stored = settings.get(NAME);
  const file = isRecord(stored) ? stored : EMPTY;
  const defaults = isRecord(file["defaults"]) ? file["defaults"] : {};
  return {
    exists: isRecord(stored),
    file,
    hash: createHash("sha256").update(JSON.stringify(file)).digest("hex"),
    resolvedDefaults: { security: "deny", ask: "always", askFallback: "deny", autoAllowSkills: false, ...defaults },
  };
}

/** Replaces the policy. Entries of an allowlist get an id when they have none. */
export function writeExecPolicy(settings: SettingStore, file: View): ExecPolicy {
  const agents = isRecord(file["agents"]) ? file["agents"] : {};
  const named = Object.fromEntries(Object.entries(agents).map(([agent, policy]) => [agent, withIds(policy)]));
  settings.set(NAME, { version: 1, defaults: {}, ...file, agents: named });
  return readExecPolicy(settings);
}

function withIds(policy: unknown): unknown {
  if (!isRecord(policy) || !Array.isArray(policy["allowlist"])) return policy;
  const entries: readonly unknown[] = policy["allowlist"];
  return { ...policy, allowlist: entries.map((entry) => (isRecord(entry) ? { id: randomUUID(), ...entry } : entry)) };
}
