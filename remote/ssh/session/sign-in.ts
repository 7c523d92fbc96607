import type { Duplex } from "node:stream";
import type { ParsedKey } from "ssh2";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { LadderReporter } from "../../../protocol/ladder/steps.ts";
import type { Disposable } from "../../../protocol/util/disposable.ts";
import { AuthConversation } from "../auth/auth-conversation.ts";
import type { AuthMemory } from "../auth/auth-memory.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import type { SshPrompts } from "../prompts.ts";
import { algorithmsFor } from "./algorithms.ts";
import { BannerWatch } from "./banner-watch.ts";
import { startGuardedClient } from "./guarded-client.ts";
import { HostKeyCheck } from "./host-key-check.ts";
import { ServerNotice } from "./server-notice.ts";
import { closedError, handshakeError, isAuthRefusal, notSshError, timeoutError } from "./ssh-failure.ts";
import { ClientSession, type SshSession } from "./ssh-session.ts";
import { StepClock } from "./step-clock.ts";

export interface SignInOptions {
  readonly config: SshHostConfig;
  /** A connected socket or channel; it is closed when signing in fails. */
  readonly stream: Duplex;
  /** The connection that the stream runs through, owned by the new session from the moment that there is one. */
  readonly carrier?: Disposable | undefined;
  readonly prompts: SshPrompts;
  readonly memory: AuthMemory;
  readonly interactive: boolean;
  readonly ladder: LadderReporter;
  readonly signal: AbortSignal;
  readonly beforePassword?: ((config: SshHostConfig) => Promise<void>) | undefined;
}

/** After the host key the server may take longer: PAM, a directory, a delay against guessing. */
const authTimeoutMs = (config: SshHostConfig): number => 2 * config.connectTimeoutMs;

/**
 * Climbs the rungs `host-key` and `ssh-auth` on a connected stream.
 * @throws ConnectError NOT_SSH, SSH_KEX_FAILED, HOST_KEY_*, KNOWN_HOSTS_UNREADABLE, SSH_AUTH_FAILED, SSH_KEY_UNREADABLE,
 *   SSH_WEB_SIGN_IN, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function signIn(options: SignInOptions): Promise<SshSession> {
  const { config, stream, ladder, signal } = options;
  try {
    ladder.start("host-key");
    const climb = new SignInClimb(options);
    return await climb.session();
  } catch (error) {
    stream.on("error", () => undefined);
    stream.destroy();
    if (signal.aborted) throw new CancelledError();
    if (error instanceof ConnectError || error instanceof CancelledError) throw error;
    throw closedError(
      config,
      ladder.current ?? "host-key",
      error instanceof Error ? error.message : String(error),
      error,
    );
  }
}

class SignInClimb {
  readonly #options: SignInOptions;
  readonly #clock = new StepClock(() => this.#timeOut());
  readonly #end = Promise.withResolvers<SshSession>();
  #step: "host-key" | "ssh-auth" = "host-key";
  #auth: AuthConversation | undefined;
  readonly #banner = new BannerWatch();
  readonly #notice: ServerNotice;

  constructor(options: SignInOptions) {
    this.#options = options;
    const patienceMs = authTimeoutMs(options.config);
    this.#notice = new ServerNotice({ ...options, clock: this.#clock, patienceMs, onCancel: this.#end.reject });
  }

  async session(): Promise<SshSession> {
    const { signal, stream } = this.#options;
    const cancel = (): void => this.#end.reject(new CancelledError());
    if (signal.aborted) throw new CancelledError();
    signal.addEventListener("abort", cancel, { once: true });
    // The server may hang up while known_hosts is still being read, before ssh2 listens to the stream.
    stream.once("close", () => this.#lost(undefined));
    try {
      this.#clock.start(this.#options.config.connectTimeoutMs);
      this.#start().catch(this.#end.reject);
      return await this.#end.promise;
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#notice.answered();
      this.#clock.stop();
    }
  }

  async #start(): Promise<void> {
    const { config, stream, ladder } = this.#options;
    const fail = this.#end.reject;
    const { whileAsking } = this.#clock;
    const hostKey = await HostKeyCheck.prepare({ ...this.#options, whileAsking });
    const auth = new AuthConversation({ ...this.#options, whileAsking, notice: this.#notice, onFault: fail });
    this.#auth = auth;
    const algorithms = algorithmsFor(config, hostKey.knownTypes);
    if (this.#options.signal.aborted || stream.destroyed) return;

    const client = startGuardedClient({
      stream,
      user: config.user,
      algorithms,
      keepalive: config.keepalive,
      verifyHostKey: (key) => hostKey.check(key),
      nextAuth: (left) => {
        this.#notice.answered();
        return auth.next(left);
      },
      onRefusal: (error) => fail(error ?? auth.failure()),
    });
    this.#banner.attach(stream, () => fail(notSshError(config, this.#banner.firstLine)));

    client.on("banner", (text) => this.#notice.hear(text));
    client.on("hostkeys", (keys: readonly ParsedKey[]) => {
      // No harm when they cannot be written: the host stays known as it is.
      hostKey.learn(keys.map((key) => key.getPublicSSH())).catch(() => undefined);
    });

    let remembered: Promise<void> | undefined;
    client.on("handshake", () => {
      if (this.#step === "ssh-auth") return;
      // From here on the server has proved that it holds the key.
      remembered = hostKey.remember();
      remembered.catch(fail);
      ladder.pass("host-key", hostKey.evidence);
      this.#step = "ssh-auth";
      ladder.start("ssh-auth");
      this.#clock.start(authTimeoutMs(config));
    });
    client.on("error", (error) => {
      // A key that cannot sign is passed over; ssh2 goes on with the next one.
      if (error.level !== "agent") this.#lost(error);
    });
    client.once("ready", () => {
      auth.accepted();
      const session = new ClientSession({ client, stream, config, carrier: this.#options.carrier });
      Promise.resolve(remembered).then(() => {
        ladder.pass("ssh-auth", `${session.label}, ${auth.current}`);
        this.#end.resolve(session);
      }, fail);
    });
  }

  #lost(error: Error | undefined): void {
    const { config } = this.#options;
    const fail = this.#end.reject;
    if (this.#step === "host-key") fail(handshakeError(config, this.#banner, error));
    else if (error !== undefined && this.#auth !== undefined && isAuthRefusal(error))
      fail(this.#auth.failure(error.message));
    else {
      const why = [error?.message ?? "the server hung up", ...this.#notice.words].join("; ");
      fail(closedError(config, "ssh-auth", why, error));
    }
  }

  #timeOut(): void {
    const { config } = this.#options;
    if (!this.#banner.isSsh && this.#banner.firstLine !== "") {
      this.#end.reject(notSshError(config, this.#banner.firstLine));
      return;
    }
    const ms = this.#step === "host-key" ? config.connectTimeoutMs : authTimeoutMs(config);
    this.#end.reject(this.#notice.failure ?? timeoutError(config, this.#step, ms));
  }
}
