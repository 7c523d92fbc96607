import type { Duplex } from "node:stream";
import ssh2, { type Algorithms, type AnyAuthMethod, type Client } from "ssh2";
import type { MethodsLeft } from "../auth/auth-conversation.ts";
import { followMethodsLeft } from "./methods-left.ts";

export interface GuardedClientOptions {
  /** A connected TCP socket, or a channel through another SSH connection. */
  readonly stream: Duplex;
  readonly user: string;
  readonly algorithms: Algorithms;
  readonly keepalive: { readonly intervalMs: number; readonly countMax: number };
  /**
   * Resolves when the host key may be used; a rejection ends the connection. `true` at once for the key that was accepted
   * already: ssh2 1.17 garbles what is sent while the verifier of a later key exchange takes its time.
   */
  readonly verifyHostKey: (key: Buffer) => true | Promise<void>;
  /** Gives the next way to sign in, false when there is none left; a rejection ends the connection. */
  readonly nextAuth: (left: MethodsLeft | undefined) => Promise<AnyAuthMethod | false>;
  /** Hears why one of the two above refused. */
  readonly onRefusal: (error: unknown) => void;
}

/**
 * The only place that makes an ssh2 client: ssh2 takes any host key unless it is given a verifier, so there is no way to get
 * a client without one. All time-outs are the caller's.
 */
export function startGuardedClient(options: GuardedClientOptions): Client {
  const client = new ssh2.Client();
  client.connect({
    sock: options.stream,
    username: options.user,
    algorithms: options.algorithms,
    keepaliveInterval: options.keepalive.intervalMs,
    keepaliveCountMax: options.keepalive.countMax,
    readyTimeout: 0,
    hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
      const verdict = options.verifyHostKey(key);
      if (verdict === true) return verify(true);
      verdict.then(
        () => verify(true),
        (error: unknown) => {
          options.onRefusal(error);
          verify(false);
        },
      );
    },
    authHandler: (offered, isPartial, next) => {
      // Before the server's first answer ssh2 has no list, whatever its types say.
      const methods: unknown = offered;
      options
        .nextAuth(methodsLeft() ?? (Array.isArray(methods) ? { methods: offered, isPartial } : undefined))
        .then((method) => giveUpOr(method, next), options.onRefusal);
    },
  });
  const methodsLeft = followMethodsLeft(client);
  return client;

  function giveUpOr(method: AnyAuthMethod | false, next: (method: AnyAuthMethod) => void): void {
    if (method === false) options.onRefusal(undefined);
    else next(method);
  }
}
