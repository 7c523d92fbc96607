import type { Duplex } from "node:stream";
import type { Client, ClientChannel, SFTPWrapper } from "ssh2";
import type { ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { Disposable } from "../../../protocol/util/disposable.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import { type DialBound, type Place, codeOf } from "../../net/dial.ts";
import { within } from "../../net/within.ts";
import { printable } from "../../target/printable.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import { closeUnreadySftp } from "./orphan-channel.ts";
import { closedError, refusedPlace, timeoutError } from "./ssh-failure.ts";
import { writeWhole } from "./whole-writes.ts";

export interface ExecBound extends DialBound {
  /** Standard output beyond it ends the command; standard error beyond it is dropped. */
  readonly maxBytes: number;
  /** Given to the command as its standard input, which then ends. Without it the input stays open and empty. */
  readonly input?: string | Uint8Array;
}

export type ExecOutcome =
  | {
      readonly kind: "done";
      readonly code: number | undefined;
      readonly stdout: string;
      readonly stderr: string;
      readonly truncated: boolean;
    }
  /** The server does not run commands for us (MaxSessions 0, ForceCommand without exec, a restricted account). */
  | { readonly kind: "refused"; readonly why: string };

export type SftpOutcome =
  | { readonly kind: "open"; readonly sftp: SFTPWrapper }
  /** No SFTP there, or what answers does not speak it (a noisy profile). */
  | { readonly kind: "refused"; readonly why: string };

/** One signed-in SSH connection, shared by several channels. Every method rejects with ConnectError or CancelledError. */
export interface SshSession extends Disposable {
  /** `alice@home` */
  readonly label: string;
  readonly isAlive: boolean;
  /** Runs a command without a terminal. Ending early closes its channel. */
  exec(command: string, bound: ExecBound): Promise<ExecOutcome>;
  /** The SFTP subsystem. Its user ends it and listens to its `error` and `close`. */
  openSftp(bound: DialBound): Promise<SftpOutcome>;
  /** A TCP connection that the server opens. @throws FORWARDING_FORBIDDEN, GATEWAY_NOT_RUNNING, SSH_TIMEOUT, SSH_CLOSED */
  openTcpChannel(place: Place, bound: DialBound): Promise<Duplex>;
  /** Heard once, also when it has ended already. */
  onClose(listener: (error: ConnectError) => void): Disposable;
}

/** How long a polite goodbye may take before the socket is cut. */
const GOODBYE_MS = 500;

export class ClientSession implements SshSession {
  readonly label: string;
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #config: SshHostConfig;
  readonly #carrier: Disposable | undefined;
  readonly #closing = new Emitter<ConnectError>();
  #lastError: Error | undefined;
  #closed: ConnectError | undefined;

  /** `carrier` is what the stream runs through (the connection to a jump host); it goes when this one goes. */
  constructor(parts: { client: Client; stream: Duplex; config: SshHostConfig; carrier: Disposable | undefined }) {
    const { client, config } = parts;
    this.#client = client;
    this.#stream = parts.stream;
    this.#config = config;
    this.#carrier = parts.carrier;
    this.label = `${config.user}@${config.alias}`;
    client.on("error", (error) => {
      this.#lastError ??= error;
      // ssh2 only ends its own half after a packet that cannot be true, and would go on to read.
      this.#stream.destroy();
    });
    client.once("close", () => this.#end());
  }

  get isAlive(): boolean {
    return this.#closed === undefined;
  }

  async exec(command: string, bound: ExecBound): Promise<ExecOutcome> {
    const opened = this.#open((answer) => this.#client.exec(command, answer));
    let channel: ClientChannel;
    try {
      channel = await within(opened, this.#channelBound(bound));
    } catch (error) {
      if (error instanceof ChannelRefused) return { kind: "refused", why: error.message };
      throw error;
    }
    const finished = collect(channel, bound.maxBytes);
    // A command that ends without reading all of it is judged by its exit code.
    channel.on("error", () => undefined);
    if (bound.input !== undefined) channel.end(bound.input);
    const onTimeout = (): ConnectError => timeoutError(this.#config, "find-gateway", bound.timeoutMs);
    return within(finished, { signal: bound.signal, timeoutMs: bound.timeoutMs, onTimeout }).finally(() =>
      channel.close(),
    );
  }

  async openSftp(bound: DialBound): Promise<SftpOutcome> {
    const opened = this.#open<SFTPWrapper>((answer) =>
      this.#client.sftp((error, sftp) => {
        // At once: the rest of what it has received is handled in the same turn.
        if (error !== undefined) closeUnreadySftp(this.#client);
        answer(error, sftp);
      }),
    );
    try {
      const late = (sftp: SFTPWrapper): void => sftp.end();
      const sftp = await within(opened, { ...this.#channelBound(bound), discard: late });
      return { kind: "open", sftp };
    } catch (error) {
      if (error instanceof ChannelRefused) return { kind: "refused", why: error.message };
      throw error;
    }
  }

  async openTcpChannel(place: Place, bound: DialBound): Promise<Duplex> {
    const opened = this.#open((answer) => this.#client.forwardOut("127.0.0.1", 0, place.host, place.port, answer));
    try {
      const channel = await within(opened, this.#channelBound(bound));
      writeWhole(channel);
      return channel;
    } catch (error) {
      if (error instanceof ChannelRefused) {
        const { message: why, reason } = error;
        throw refusedPlace(this.#config, place, { why, nothingAnswers: reason === CONNECT_FAILED, cause: error });
      }
      throw error;
    }
  }

  onClose(listener: (error: ConnectError) => void): Disposable {
    const subscription = this.#closing.event(listener);
    if (this.#closed !== undefined) listener(this.#closed);
    return subscription;
  }

  dispose(): void {
    if (this.#closed !== undefined) return;
    this.#client.end();
    setTimeout(() => {
      this.#stream.destroy();
      this.#carrier?.dispose();
    }, GOODBYE_MS).unref();
  }

  #open<T = ClientChannel>(ask: (answer: (error: Error | undefined, channel: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed);
      try {
        ask((error, channel) => {
          if (error === undefined) resolve(channel);
          else reject(this.#closed ?? new ChannelRefused(error));
        });
      } catch (error) {
        // ssh2 throws when its socket has gone and `close` is still on its way.
        reject(closedError(this.#config, "find-gateway", "the connection has gone", error));
      }
    });
  }

  #channelBound({ signal, timeoutMs }: DialBound) {
    return {
      signal,
      timeoutMs,
      onTimeout: () => timeoutError(this.#config, "find-gateway", timeoutMs),
      discard: (late: ClientChannel) => void late.destroy(),
    };
  }

  #end(): void {
    const error = this.#lastError;
    const why = error === undefined ? "the server hung up" : (codeOf(error) ?? error.message);
    this.#closed = closedError(this.#config, "websocket", why, error);
    this.#closing.fire(this.#closed);
    this.#closing.dispose();
    this.#carrier?.dispose();
  }
}

/** RFC 4254, 5.1: SSH_OPEN_CONNECT_FAILED. The other reasons all mean that the server does not want to. */
const CONNECT_FAILED = 2;

/** The connection is well, but the server did not open the channel. */
class ChannelRefused extends Error {
  readonly reason: number | undefined;

  constructor(error: Error) {
    super(printable(error.message.replace(/^\(SSH\) Channel open failure: /, ""), 200), { cause: error });
    this.reason = "reason" in error && typeof error.reason === "number" ? error.reason : undefined;
  }
}

function collect(channel: ClientChannel, maxBytes: number): Promise<ExecOutcome> {
  return new Promise((resolve) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    let errorSize = 0;
    let truncated = false;
    let code: number | undefined;
    channel.on("data", (chunk: Buffer) => {
      const room = maxBytes - size;
      size += chunk.length;
      out.push(chunk.subarray(0, Math.max(0, room)));
      if (size > maxBytes && !truncated) {
        truncated = true;
        channel.close();
      }
    });
    channel.stderr.on("data", (chunk: Buffer) => {
      if (errorSize < maxBytes) err.push(chunk.subarray(0, maxBytes - errorSize));
      errorSize += chunk.length;
    });
    channel.on("exit", (status: number | null) => (code = status ?? undefined));
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");
    channel.once("close", () => resolve({ kind: "done", code, stdout: text(out), stderr: text(err), truncated }));
  });
}
