import { join } from "node:path";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { readText } from "../../files/read-text.ts";
import type { SshTarget } from "../../target/ssh-target.ts";
import type { SshEnvironment } from "../config/environment.ts";
import { type SshHostConfig, resolveHostConfig } from "../config/host-config.ts";
import { readKeyFile } from "../auth/key-file.ts";
import { unseenInAgent } from "./certificates.ts";

const MAX_KEY_BYTES = 64 * 1024;
const FIDO_DEFAULTS = ["id_ecdsa_sk", "id_ed25519_sk"];

/**
 * Why the system's ssh could do what has just failed; undefined when it could do no better. An ordinary refusal is none: a
 * second client would only knock again with the same keys.
 */
export async function whySystem(
  error: unknown,
  {
    target,
    environment,
    ssh,
  }: { readonly target: SshTarget; readonly environment: SshEnvironment; readonly ssh: string },
): Promise<string | undefined> {
  if (!(error instanceof ConnectError)) return undefined;
  const detail = error.facts.find(({ label }) => label === "detail")?.value ?? "";
  if (error.code === "SSH_KEX_FAILED" && /no matching/i.test(detail))
    return "the built-in client shares no algorithm with the server";
  if (error.code !== "SSH_AUTH_FAILED" && error.code !== "SSH_KEY_UNREADABLE") return undefined;
  if (error.code === "SSH_AUTH_FAILED" && takesOnlyGssapi(detail)) return "the server takes only GSSAPI";
  const config = await resolveHostConfig(target, environment);
  const unseen = await unseenInAgent(config, { ssh, environment });
  if (unseen !== undefined) return unseen;
  return (await hasOnlyFidoKeys(config, environment)) ? "the only keys are FIDO keys" : undefined;
}

function takesOnlyGssapi(detail: string): boolean {
  const methods = / takes ([a-z-]+(?:, [a-z-]+)*)$/.exec(detail)?.[1]?.split(", ") ?? [];
  return methods.some((method) => method.startsWith("gssapi-")) && !methods.some((method) => BUILT_IN.has(method));
}

const BUILT_IN = new Set(["publickey", "keyboard-interactive", "password"]);

/** Every key file that is there lies on a FIDO token. */
async function hasOnlyFidoKeys(config: SshHostConfig, environment: SshEnvironment): Promise<boolean> {
  const defaults = config.hasOwnIdentityFiles ? [] : FIDO_DEFAULTS.map((name) => join(environment.home, ".ssh", name));
  const kinds = await Promise.all([...config.identityFiles, ...defaults].map(kindOf));
  return kinds.includes("fido") && !kinds.includes("other");
}

async function kindOf(path: string): Promise<"fido" | "other" | "missing"> {
  const file = await readKeyFile(path);
  if (file.kind === "missing") return "missing";
  if (file.kind === "ready") return "other";
  const text = await readText(path, MAX_KEY_BYTES).catch(() => "");
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1] ?? "";
  // The public half stands in clear (PROTOCOL.key), also when the private half is encrypted.
  return /sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com/.test(Buffer.from(body, "base64").toString("latin1"))
    ? "fido"
    : "other";
}
