import ssh2, {
  type BaseAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";
import { within } from "../../net/within.ts";
import { parsePublicKey } from "./key-file.ts";

const LIST_TIMEOUT_MS = 5_000;
/** Long enough for a touch on a security key or a confirmation window of the agent. */
const SIGN_TIMEOUT_MS = 60_000;

/** A running ssh-agent: OpenSSH's (socket or Windows pipe) or Pageant. */
export interface SshAgent {
  /** Public keys that it holds, in its order. @throws Error when it does not answer */
  identities(signal: AbortSignal): Promise<readonly ParsedKey[]>;
  sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions, signal: AbortSignal): Promise<Buffer>;
}

export function openAgent(path: string): SshAgent {
  const agent = ssh2.createAgent(path);
  return {
    identities(signal) {
      const listed = new Promise<readonly ParsedKey[]>((resolve, reject) => {
        agent.getIdentities((error, keys) => {
          if (error) return reject(error);
          resolve((keys ?? []).flatMap((entry) => publicKeyOf(entry) ?? []));
        });
      });
      return within(listed, {
        signal,
        timeoutMs: LIST_TIMEOUT_MS,
        onTimeout: () => new Error("the agent does not answer"),
      });
    },
    sign(key, data, options, signal) {
      const signed = new Promise<Buffer>((resolve, reject) => {
        agent.sign(key, data, options, (error, signature) => {
          if (signature === undefined) reject(error ?? new Error("the agent did not sign"));
          else resolve(signature);
        });
      });
      return within(signed, {
        signal,
        timeoutMs: SIGN_TIMEOUT_MS,
        onTimeout: () => new Error("the agent did not sign in time"),
      });
    },
  };
}

function publicKeyOf(entry: unknown): ParsedKey | undefined {
  if (typeof entry === "string" || Buffer.isBuffer(entry)) return parsePublicKey(entry);
  if (typeof entry !== "object" || entry === null) return undefined;
  if ("getPublicSSH" in entry && typeof entry.getPublicSSH === "function") {
    const blob: unknown = entry.getPublicSSH();
    return Buffer.isBuffer(blob) ? parsePublicKey(blob) : undefined;
  }
  return "pubKey" in entry ? publicKeyOf(entry.pubKey) : undefined;
}

/**
 * Offers exactly one public key to ssh2 and signs only once the server has said that it would take it. That is what makes
 * a passphrase prompt appear for the right key alone.
 */
export function singleKeyAgent(
  key: ParsedKey,
  sign: (data: Buffer, options: SigningRequestOptions) => Promise<Buffer>,
): BaseAgent {
  class SingleKeyAgent extends ssh2.BaseAgent<ParsedKey> {
    override getIdentities(answer: IdentityCallback<ParsedKey>): void {
      answer(null, [key]);
    }

    override sign(
      _key: ParsedKey,
      data: Buffer,
      options: SigningRequestOptions | SignCallback,
      answer?: SignCallback,
    ): void {
      const reply = typeof options === "function" ? options : answer;
      const settings = typeof options === "function" ? {} : options;
      sign(data, settings).then(
        (signature) => reply?.(null, signature),
        (error: unknown) => reply?.(error instanceof Error ? error : new Error(String(error))),
      );
    }
  }
  return new SingleKeyAgent();
}
