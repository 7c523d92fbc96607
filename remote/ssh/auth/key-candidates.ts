import type { ParsedKey } from "ssh2";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import { fingerprintOf, keyTypeLabel } from "../key-blob.ts";
import { type SshAgent, openAgent } from "./agent.ts";
import { type KeyFile, parsePublicKey, readKeyFile } from "./key-file.ts";

/** One key to offer. `label` names it in evidence and details: "agent ED25519 SHA256:…", "/home/a/.ssh/id_rsa". */
export type KeyCandidate =
  | { readonly kind: "agent"; readonly label: string; readonly key: ParsedKey; readonly agent: SshAgent }
  | { readonly kind: "file"; readonly label: string; readonly key: ParsedKey }
  | { readonly kind: "locked"; readonly label: string; readonly file: Extract<KeyFile, { kind: "locked" }> };

export interface KeySearch {
  readonly candidates: readonly KeyCandidate[];
  /** Keys that are configured or there, but cannot be used. */
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  /** Why the agent gave nothing, when it should have. */
  readonly agentFault: string | undefined;
}

/**
 * Finds the keys in OpenSSH's order: agent keys that ssh_config names, the agent's other keys (unless IdentitiesOnly), then
 * key files that the agent does not hold.
 */
export async function findKeys(config: SshHostConfig, signal: AbortSignal): Promise<KeySearch> {
  const files = await Promise.all(config.identityFiles.map(readKeyFile));
  const { agent, identities, agentFault } = await agentKeys(config, signal);
  const inAgent = (blob: Buffer | undefined): ParsedKey | undefined =>
    blob === undefined ? undefined : identities.find((key) => key.getPublicSSH().equals(blob));
  const named = files.flatMap((file) => inAgent(blobOf(file)) ?? []);
  const others = config.identitiesOnly ? [] : identities.filter((key) => !named.includes(key));

  const candidates: KeyCandidate[] = [];
  if (agent !== undefined) {
    for (const key of [...named, ...others]) candidates.push({ kind: "agent", label: agentLabel(key), key, agent });
  }
  for (const file of files) {
    if (inAgent(blobOf(file)) !== undefined) continue;
    if (file.kind === "ready") candidates.push({ kind: "file", label: file.path, key: file.key });
    if (file.kind === "locked") candidates.push({ kind: "locked", label: file.path, file });
  }
  const unreadable = files.flatMap((file) => {
    if (file.kind === "unreadable") return [{ path: file.path, why: file.why }];
    return file.kind === "missing" && config.hasOwnIdentityFiles ? [{ path: file.path, why: "it does not exist" }] : [];
  });
  return { candidates, unreadable, agentFault };
}

const agentLabel = (key: ParsedKey): string => {
  const blob = key.getPublicSSH();
  return `agent ${keyTypeLabel(key.type)} ${fingerprintOf(blob)}`;
};

function blobOf(file: KeyFile): Buffer | undefined {
  if (file.kind === "ready") return file.key.getPublicSSH();
  return file.kind === "locked" ? file.publicBlob : undefined;
}

/** The public key of a locked file, when it can be known before the passphrase. */
export function lockedPublicKey(file: Extract<KeyFile, { kind: "locked" }>): ParsedKey | undefined {
  return file.publicBlob === undefined ? undefined : parsePublicKey(file.publicBlob);
}

async function agentKeys(
  config: SshHostConfig,
  signal: AbortSignal,
): Promise<{ agent: SshAgent | undefined; identities: readonly ParsedKey[]; agentFault: string | undefined }> {
  if (config.agent === undefined) return { agent: undefined, identities: [], agentFault: undefined };
  try {
    const agent = openAgent(config.agent);
    return { agent, identities: await agent.identities(signal), agentFault: undefined };
  } catch (error) {
    // A dead agent is no reason to give up: ssh goes on with the key files too.
    if (error instanceof CancelledError) throw error;
    return { agent: undefined, identities: [], agentFault: error instanceof Error ? error.message : String(error) };
  }
}
