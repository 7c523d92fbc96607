import { keyTypeLabel } from "../key-blob.ts";

/**
 * What `ssh -v -E FILE` has said about one connection. Its own file: what a server or a jump host prints goes elsewhere. ssh
 * makes control characters visible and puts our side's words in front of the server's, so that a whole line is ssh's own.
 */
export interface SshProgress {
  readonly address: { readonly host: string; readonly port: number } | undefined;
  readonly isProxied: boolean;
  /** The server has been reached. */
  readonly isReached: boolean;
  /** Of a certificate, the key that it is about. */
  readonly hostKey: { readonly type: string; readonly fingerprint: string } | undefined;
  /** `path:line` where the key was found. */
  readonly knownFrom: string | undefined;
  /** The keys are exchanged: the server has proved that it holds its host key. */
  readonly isProven: boolean;
  /** `publickey`, once we are let in. */
  readonly method: string | undefined;
  readonly acceptedKey: string | undefined;
  /** The master listens on its socket. */
  readonly isListening: boolean;
}

export function readProgress(log: string): SshProgress {
  const [, , address, port] = /^debug1: Connecting to (\S+) \[([^\]]+)\] port (\d+)\.\r?$/m.exec(log) ?? [];
  const key = /^debug1: Server host (?:key: (\S+) (SHA256:\S+)|certificate: (\S+) (SHA256:[^\s,]+), .*)\r?$/m.exec(log);
  const isProxied = /^debug1: Executing proxy command: /m.test(log);
  const accepted = [...log.matchAll(/^debug1: Server accepts key: (.+) (\S+) (SHA256:\S+)(?: (\w+))?.*$/gm)].at(-1);
  return {
    address: address === undefined ? undefined : { host: address, port: Number(port) },
    isProxied,
    isReached: /^debug1: (?:Connection established\.|Remote protocol version )/m.test(log),
    hostKey:
      key === null ? undefined : { type: keyTypeLabel(key[1] ?? key[3] ?? ""), fingerprint: key[2] ?? key[4] ?? "" },
    knownFrom: /^debug1: Found (?:CA )?key in (.+:\d+)\r?$/m.exec(log)?.[1],
    isProven: /^debug1: SSH2_MSG_NEWKEYS received\r?$/m.test(log),
    method: /^Authenticated to .* using "([^"]+)"\.\r?$/m.exec(log)?.[1],
    acceptedKey: accepted === undefined ? undefined : keyOf(accepted),
    isListening: /^debug1: channel \d+: new mux listener /m.test(log),
  };
}

/** As the built-in client names it: `agent ED25519 SHA256:…`, or the file. */
function keyOf([, name = "", type = "", fingerprint = "", from]: RegExpExecArray): string {
  return from === "agent" ? `agent ${type} ${fingerprint}` : name;
}

/** Why the last channel was not opened, in what was logged since; undefined when it does not say. */
export const channelFailure = (log: string): string | undefined =>
  [...log.matchAll(/^channel \d+: open failed: (.*?)\r?$/gm)].at(-1)?.[1];
