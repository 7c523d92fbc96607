import type { Duplex } from "node:stream";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import type { DialBound, Place } from "../net/dial.ts";
import { knock } from "../net/knock.ts";
import { within } from "../net/within.ts";
import { AuthMemory } from "../ssh/auth/auth-memory.ts";
import type { SshEnvironment } from "../ssh/config/environment.ts";
import type { SshPrompts } from "../ssh/prompts.ts";
import { sendAtOnce } from "../ssh/session/send-at-once.ts";
import { openLoopbackLine } from "../ssh/session/loopback-line.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { openSsh } from "../ssh/system/open-ssh.ts";
import type { SystemSsh } from "../ssh/system/system-ssh.ts";
import { meetGateway } from "../socket/meet.ts";
import { parseGatewayUrl } from "../target/gateway-url.ts";
import { hostPort } from "../target/host.ts";
import { type SshTarget, formatSshTarget } from "../target/ssh-target.ts";
import { climbing } from "./climbing.ts";
import { DEFAULT_GATEWAY_PORT, type FoundPort, type FoundPorts, findGatewayPorts } from "./find-gateway.ts";

export interface SshTransportOptions {
  readonly target: SshTarget;
  readonly prompts: SshPrompts;
  /** The Gateway's port on the host; looked up there when it is left out. */
  readonly gatewayPort?: number | undefined;
  /** Whether a sidecar there is the Gateway that is wanted, whatever openclaw.json says. */
  readonly prefersSidecar?: () => boolean;
  /** Runs no command on the host for the connection's own sake: neither to find the Gateway, nor to make it quicker. */
  readonly runsNothing?: boolean;
  readonly hostKeyPolicy?: "ask" | "strict";
  readonly environment?: SshEnvironment;
  /** The system's `ssh`, where it may be used. */
  readonly system?: SystemSsh | undefined;
}

const GATEWAY_HOST = "127.0.0.1";
const STEP_TIMEOUT_MS = 15_000;
/** A kept connection that does not answer by then is taken for dead and replaced. */
const KEPT_TIMEOUT_MS = 3_000;
const DOUBTED_TIMEOUT_MS = 500;
const PROBE_TIMEOUT_MS = 1_000;

/**
 * The WebSocket inside an SSH channel: no local port is opened, so nothing else on this computer can use the way. The SSH
 * connection is kept between sockets for as long as it lives.
 */
export class SshTransport implements GatewayTransport {
  readonly isProven = true;
  readonly #options: SshTransportOptions;
  readonly #memory = new AuthMemory();
  #session: SshSession | undefined;
  /** A ping on it got no answer: most likely it is dead and does not know it yet. */
  #doubted: SshSession | undefined;
  /** A command has run on it. */
  #quick: SshSession | undefined;
  #port: FoundPort | undefined;
  #certificate: string | undefined;
  /** The port that the Gateway was last met on. */
  #answeredOn: number | undefined;
  /** Where the way began when it was last gone; no name has to be looked up to knock there. */
  #reached: Place | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(options: SshTransportOptions) {
    this.#options = options;
    if (options.gatewayPort !== undefined) this.#port = { port: options.gatewayPort, from: "configured" };
  }

  get path(): string {
    return `ssh ${formatSshTarget(this.#options.target)} → ${hostPort(GATEWAY_HOST, this.#port?.port ?? DEFAULT_GATEWAY_PORT)}`;
  }

  /** One climb at a time; a second caller waits for the first and then shares its connection. */
  open(context: OpenContext): Promise<GatewaySocket> {
    const before = this.#turn;
    const mine = climbing(context, async () => {
      await within(before, { signal: context.signal });
      if (this.#disposed) throw new CancelledError();
      return this.#climb(context);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** The SSH connection, when there is one, for what else is to be done on the host. */
  get session(): SshSession | undefined {
    return this.#session?.isAlive === true ? this.#session : undefined;
  }

  /** Where the Gateway is looked for now. */
  get gatewayPort(): number {
    return this.#port?.port ?? DEFAULT_GATEWAY_PORT;
  }

  /** SHA-256 of the certificate that the Gateway showed last; undefined when it speaks plainly on its loopback. */
  get certificate(): string | undefined {
    return this.#certificate;
  }

  /** The Gateway was just met or started on this port of the host. */
  useGatewayPort(port: number, from: "sidecar" | "lock file"): void {
    this.#port = { port, from };
  }

  /**
   * Another line to the Gateway, on the connection that is there: none is made for it, and nobody is asked.
   * @throws ConnectError LINK_LOST while there is no connection, and as `SshSession.openTcpChannel`; CancelledError
   */
  async openLine(signal: AbortSignal): Promise<Duplex> {
    const { session } = this;
    const port = this.#port?.port ?? this.#answeredOn;
    if (session === undefined || port === undefined) {
      throw new ConnectError("LINK_LOST", "There is no SSH connection to the Gateway's host now.", {
        step: "find-gateway",
      });
    }
    return openLoopbackLine(session, port, { signal, timeoutMs: STEP_TIMEOUT_MS });
  }

  async probe(signal: AbortSignal): Promise<boolean | undefined> {
    const bound = { signal, timeoutMs: PROBE_TIMEOUT_MS };
    const { session } = this;
    if (session === undefined) return this.#reached === undefined ? undefined : knock(this.#reached, bound);
    const port = this.#port?.port ?? this.#answeredOn;
    if (port === undefined) return undefined;
    try {
      const channel = await openLoopbackLine(session, port, bound);
      channel.on("error", () => undefined);
      channel.destroy();
      return true;
    } catch (error) {
      return error instanceof ConnectError && error.code === "FORWARDING_FORBIDDEN" ? undefined : false;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#session?.dispose();
    this.#session = undefined;
    this.#memory.clear();
  }

  async #climb(context: OpenContext): Promise<GatewaySocket> {
    const { ladder, signal } = context;
    const kept = this.session;
    try {
      const channel = (await this.#keptChannel(context)) ?? (await this.#newChannel(context));
      ladder.start("websocket");
      const port = this.#port?.port ?? DEFAULT_GATEWAY_PORT;
      const carrier = this.#session;
      const meeting = {
        url: parseGatewayUrl(`ws://${hostPort(GATEWAY_HOST, port)}`),
        stream: channel,
        again: () => this.openLine(signal),
        spokeTls: this.#certificate !== undefined,
      };
      const onSilent = (): void => void (this.#doubted = carrier);
      const { socket, certificate } = await meetGateway(meeting, { signal, timeoutMs: STEP_TIMEOUT_MS, onSilent });
      this.#certificate = certificate;
      ladder.pass("websocket", `${certificate === undefined ? "" : "TLS "}inside the SSH channel`);
      this.#quicken(carrier);
      return socket;
    } catch (error) {
      // Cancelling leaves nothing open that this climb has opened; another failure keeps the connection for the next try.
      const { session } = this;
      if (signal.aborted && session !== undefined && session !== kept) this.#drop(session);
      throw error;
    }
  }

  /** Not before the way stands: nobody waits for it, and a server with `MaxSessions 1` has its one session free again. */
  #quicken(session: SshSession | undefined): void {
    if (session === undefined || session === this.#quick || this.#options.runsNothing === true) return;
    this.#quick = session;
    void sendAtOnce(session);
  }

  async #keptChannel(context: OpenContext): Promise<Duplex | undefined> {
    const { session } = this;
    if (session === undefined) return undefined;
    for (const step of ["resolve", "tcp", "host-key", "ssh-auth"] as const) context.ladder.skip(step, session.label);
    try {
      const timeoutMs = session === this.#doubted ? DOUBTED_TIMEOUT_MS : KEPT_TIMEOUT_MS;
      const channel = await this.#channelOn(session, context, timeoutMs);
      this.#doubted = undefined;
      return channel;
    } catch (error) {
      const isLinkDead = error instanceof ConnectError && (error.code === "SSH_TIMEOUT" || error.code === "SSH_CLOSED");
      if (!isLinkDead) throw error;
      this.#drop(session);
      return undefined;
    }
  }

  async #newChannel(context: OpenContext): Promise<Duplex> {
    const { environment, hostKeyPolicy, target, prompts, system } = this.#options;
    const options = {
      target,
      prompts,
      memory: this.#memory,
      context,
      onReached: (place: Place) => (this.#reached = place),
      ...(environment === undefined ? {} : { environment }),
      ...(hostKeyPolicy === undefined ? {} : { hostKeyPolicy }),
    };
    const session = await openSsh(options, system);
    if (this.#disposed) {
      session.dispose();
      throw new CancelledError();
    }
    this.#session = session;
    session.onClose(() => this.#drop(session));
    return this.#channelOn(session, context, STEP_TIMEOUT_MS);
  }

  async #findPorts(session: SshSession, signal: AbortSignal): Promise<FoundPorts> {
    const { prefersSidecar, runsNothing } = this.#options;
    if (runsNothing === true) return [{ port: DEFAULT_GATEWAY_PORT, from: "default" }];
    this.#quick = session;
    return findGatewayPorts(session, { signal, prefersSidecar: prefersSidecar?.() === true });
  }

  async #channelOn(session: SshSession, { ladder, signal }: OpenContext, timeoutMs: number): Promise<Duplex> {
    ladder.start("find-gateway");
    const ports: FoundPorts = this.#port === undefined ? await this.#findPorts(session, signal) : [this.#port];
    const { channel, found } = await this.#channelToOneOf(ports, session, { signal, timeoutMs });
    this.#answeredOn = found.port;
    ladder.pass("find-gateway", `${hostPort(GATEWAY_HOST, found.port)} (${found.from})`);
    return channel;
  }

  /** To the first of the ports that anything answers on. */
  async #channelToOneOf(
    [found, ...others]: FoundPorts,
    session: SshSession,
    bound: DialBound,
  ): Promise<{ readonly channel: Duplex; readonly found: FoundPort }> {
    this.#port = found;
    try {
      const channel = await openLoopbackLine(session, found.port, bound);
      return { channel, found };
    } catch (error) {
      // The Gateway may come back on another port.
      if (found.from !== "configured") this.#port = undefined;
      const [next, ...rest] = others;
      const isGone = error instanceof ConnectError && error.code === "GATEWAY_NOT_RUNNING";
      if (!isGone || next === undefined) throw error;
      return this.#channelToOneOf([next, ...rest], session, bound);
    }
  }

  #drop(session: SshSession): void {
    if (this.#session === session) this.#session = undefined;
    session.dispose();
  }
}
