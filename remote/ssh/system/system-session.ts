import type { ChildProcess } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { type ConnectError, CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { Disposable } from "../../../protocol/util/disposable.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import type { DialBound, Place } from "../../net/dial.ts";
import { within } from "../../net/within.ts";
import { hostPort } from "../../target/host.ts";
import { printable } from "../../target/printable.ts";
import { closedError, refusedPlace, timeoutError } from "../session/ssh-failure.ts";
import type { ExecBound, ExecOutcome, SftpOutcome, SshSession } from "../session/ssh-session.ts";
import { channelArguments } from "./arguments.ts";
import { collect } from "./collect.ts";
import type { ResolvedHost } from "./resolve-host.ts";
import { removeDirectory } from "./private-directory.ts";
import { channelFailure } from "./ssh-log.ts";
import { type SshRunner, endSsh, hasEnded, listenTo, startSsh } from "./ssh-process.ts";

export interface MasterParts {
  readonly child: ChildProcess;
  readonly runner: SshRunner;
  readonly host: ResolvedHost;
  /** Private, and gone with the session. */
  readonly directory: string;
  readonly socket: string;
  readonly log: string;
}

/** ssh's own exit code for "it did not work" (ssh(1), EXIT STATUS). */
const SSH_FAILED = 255;

/** One signed-in connection of the system's ssh, with a process for each channel. */
export class SystemSession implements SshSession {
  readonly label: string;
  readonly #parts: MasterParts;
  readonly #closing = new Emitter<ConnectError>();
  #closed: ConnectError | undefined;
  readonly #channels = new Set<ChildProcess>();
  #commands = 0;
  /** Channels are opened one after the other: the log does not say which of two was refused. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.label = `${parts.host.user}@${parts.host.alias}`;
    if (hasEnded(parts.child)) void this.#end();
    else parts.child.once("exit", () => void this.#end());
  }

  get isAlive(): boolean {
    return this.#closed === undefined && !hasEnded(this.#parts.child);
  }

  async exec(command: string, bound: ExecBound): Promise<ExecOutcome> {
    const { directory, host } = this.#parts;
    // Its own words go to a file: standard error is the command's.
    const log = join(directory, `command-${++this.#commands}`);
    const child = this.#start(["-E", log, "--", host.alias, command], bound.signal);
    if (bound.input !== undefined) child.stdin?.end(bound.input);
    try {
      const outcome = await within(collect(child, bound.maxBytes), this.#bound(bound));
      if (outcome.code !== SSH_FAILED || outcome.truncated) return outcome;
      const said = await readFile(log, "utf8").catch(() => "");
      if (!/mux_client|open refused|ontrol socket|UNKNOWN port/.test(said)) return outcome;
      if (!this.isAlive) throw this.#gone();
      return { kind: "refused", why: printable(said.trim().split(/\r?\n/)[0] ?? "", 200) };
    } finally {
      endSsh(child);
      void rm(log, { force: true });
    }
  }

  /** What is uploaded goes through a command. */
  async openSftp(): Promise<SftpOutcome> {
    return { kind: "refused", why: "the system's ssh is used" };
  }

  async openTcpChannel(place: Place, bound: DialBound): Promise<Duplex> {
    const before = this.#turn;
    const deadline = this.#bound(bound);
    const mine = (async (): Promise<Duplex> => {
      await within(before, deadline);
      return this.#openTcp(place, bound);
    })();
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  onClose(listener: (error: ConnectError) => void): Disposable {
    const subscription = this.#closing.event(listener);
    if (this.#closed !== undefined) listener(this.#closed);
    return subscription;
  }

  dispose(): void {
    endSsh(this.#parts.child);
  }

  async #openTcp(place: Place, bound: DialBound): Promise<Duplex> {
    const { host, log } = this.#parts;
    const logged = (await readFile(log, "utf8").catch(() => "")).length;
    const child = this.#start(["-v", "-W", hostPort(place.host, place.port), "--", host.alias], bound.signal);
    const said = listenTo(child.stderr);
    const opened = new Promise<boolean>((resolve) => {
      child.stderr?.on("data", () => {
        if (/^debug1: mux_client_request_stdio_fwd: master session id/m.test(said())) resolve(true);
      });
      child.once("close", () => resolve(false));
    });
    try {
      if (await within(opened, this.#bound(bound))) return lineOf(child);
    } catch (error) {
      endSsh(child);
      throw error;
    }
    if (!this.isAlive) throw this.#gone();
    const words = (await readFile(log, "utf8").catch(() => "")).slice(logged);
    const why = printable(channelFailure(words) ?? said().trim().split(/\r?\n/).at(-1) ?? "", 200);
    throw refusedPlace(host, place, { why, nothingAnswers: why.startsWith("connect failed") });
  }

  #start(args: readonly string[], signal: AbortSignal): ChildProcess {
    if (signal.aborted) throw new CancelledError();
    if (!this.isAlive) throw this.#gone();
    const { runner, socket } = this.#parts;
    const child = startSsh(runner, [...channelArguments(socket), ...args], { stdin: "pipe" });
    this.#channels.add(child);
    child.once("close", () => this.#channels.delete(child));
    return child;
  }

  #bound({ signal, timeoutMs }: DialBound) {
    const { host } = this.#parts;
    return { signal, timeoutMs, onTimeout: () => timeoutError(host, "find-gateway", timeoutMs) };
  }

  #gone(): ConnectError {
    return this.#closed ?? closedError(this.#parts.host, "websocket", "ssh has ended");
  }

  async #end(): Promise<void> {
    const { host, log, directory } = this.#parts;
    const words = await readFile(log, "utf8").catch(() => "");
    const timedOut = /^Timeout, server .* not responding\.\r?$/m.test(words);
    this.#closed = closedError(host, "websocket", timedOut ? "the server went silent" : "the connection has gone");
    this.#closing.fire(this.#closed);
    this.#closing.dispose();
    for (const child of this.#channels) endSsh(child);
    await removeDirectory(directory);
  }
}

function lineOf(child: ChildProcess): Duplex {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("ssh was started without its pipes");
  const stream = Duplex.from({ readable: stdout, writable: stdin });
  stream.on("error", () => undefined);
  stream.once("close", () => endSsh(child));
  child.once("close", () => stream.destroy());
  return stream;
}
