import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { readText } from "../../files/read-text.ts";
import type { SshEnvironment } from "../config/environment.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import { isAbout, knownHostName, readKnownHosts } from "../known-hosts/known-hosts-file.ts";

const MAX_CERTIFICATE_BYTES = 64 * 1024;
const AGENT_TIMEOUT_MS = 3_000;
/** PROTOCOL.u2f: every kind begins so. */
const FIDO_LINE = /^sk-\S+@openssh\.com [A-Za-z0-9+/]/m;
/** PROTOCOL.certkeys: every kind ends so, as plain text and in what `ssh-add -L` prints. */
const CERTIFICATE_LINE = /^\S+-cert-v01@openssh\.com [A-Za-z0-9+/]/m;

/**
 * Why the hosts of this way need a client that understands certificates: one of theirs is vouched for by `@cert-authority`,
 * or a certificate lies beside a key (`CertificateFile`, `KEY-cert.pub`), with which ssh would sign in. Undefined when none
 * does. Files that cannot be read are left to the connection itself, which says it better.
 */
export async function certificateReason(configs: readonly SshHostConfig[]): Promise<string | undefined> {
  for (const config of configs) {
    if (await isVouchedFor(config)) return `@cert-authority vouches for ${config.hostName}`;
    const file = await certificateOf(config);
    if (file !== undefined) return `the certificate ${file}`;
  }
  return undefined;
}

async function isVouchedFor(config: SshHostConfig): Promise<boolean> {
  const names = new Set([
    knownHostName(config.hostName, config.port, config.hostKeyAlias),
    config.hostKeyAlias ?? knownHostName(config.hostName, 22),
  ]);
  const files = [...config.userKnownHostsFiles, ...config.globalKnownHostsFiles];
  const entries = await readKnownHosts(files).catch(() => []);
  return entries.some((entry) => entry.marker === "cert-authority" && [...names].some((name) => isAbout(entry, name)));
}

/** The first file that holds a certificate; what is named and is none is nothing. */
async function certificateOf(config: SshHostConfig): Promise<string | undefined> {
  if (!config.authMethods.includes("publickey")) return undefined;
  // As ssh does: "-cert.pub" is added to the name of each key.
  const files = [...config.certificateFiles, ...config.identityFiles.map((key) => `${key}-cert.pub`)];
  for (const file of files) {
    const text = await readText(file, MAX_CERTIFICATE_BYTES).catch(() => "");
    if (CERTIFICATE_LINE.test(text)) return file;
  }
  return undefined;
}

/** The built-in client would ask for a password where a key of the agent that it cannot see may do. */
export class UnseenKeys extends ConnectError {
  /** For the ladder. */
  readonly why: string;

  constructor(host: string, why: string) {
    super("SSH_AUTH_FAILED", `${host} took no key, and ${why}.`, { step: "ssh-auth" });
    this.why = why;
  }
}

/**
 * What the agent holds that the built-in client cannot see: certificates, keys of FIDO tokens. Asked of the `ssh-add` that
 * came with `ssh`.
 */
export async function unseenInAgent(
  { agent, identitiesOnly }: SshHostConfig,
  { ssh, environment }: { readonly ssh: string; readonly environment: SshEnvironment },
): Promise<string | undefined> {
  if (agent === undefined || identitiesOnly) return undefined;
  const env = { ...environment.env, SSH_AUTH_SOCK: agent };
  return new Promise((resolve) => {
    execFile(
      join(dirname(ssh), "ssh-add"),
      ["-L"],
      { timeout: AGENT_TIMEOUT_MS, cwd: environment.home, env },
      (_error, listed) => {
        if (CERTIFICATE_LINE.test(listed)) resolve("the SSH agent holds certificates");
        else resolve(FIDO_LINE.test(listed) ? "the SSH agent holds FIDO keys" : undefined);
      },
    );
  });
}
