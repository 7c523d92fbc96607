import type { ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { parseSshTarget } from "../../target/ssh-target.ts";
import { configFault } from "../config/config-fault.ts";
import { systemSshEnvironment } from "../config/environment.ts";
import { appendKnownHost, knownHostName } from "../known-hosts/known-hosts-file.ts";
import type { ConnectSshOptions } from "../session/connect-ssh.ts";
import { ServerNotice } from "../session/server-notice.ts";
import { timeoutError } from "../session/ssh-failure.ts";
import type { SshSession } from "../session/ssh-session.ts";
import { StepClock } from "../session/step-clock.ts";
import { masterArguments } from "./arguments.ts";
import { type AskpassDesk, openAskpassDesk } from "./askpass-desk.ts";
import { SystemClimb } from "./climb.ts";
import { makeDirectory, removeDirectory } from "./private-directory.ts";
import { SshQuestions, accountOf } from "./questions.ts";
import { type ResolvedHost, resolveBySsh } from "./resolve-host.ts";
import { type SshProgress, readProgress } from "./ssh-log.ts";
import { endSsh, hasEnded, listenTo, startSsh } from "./ssh-process.ts";
import { systemFailure } from "./system-failure.ts";
import { SystemSession } from "./system-session.ts";
import type { SystemSsh } from "./system-ssh.ts";

export interface SystemConnectOptions extends ConnectSshOptions {
  readonly system: SystemSsh;
  /** Absolute. */
  readonly ssh: string;
  /** Why not the built-in one, for the ladder. */
  readonly why: string;
  /** Has a person allow the commands that connecting runs here; throws when nobody does. */
  readonly allow: (commands: readonly string[]) => Promise<void>;
}

const LOOK_EVERY_MS = 30;

/**
 * Opens one connection with the system's `ssh`: its config, its keys, its known_hosts. It asks through our prompts.
 * @throws ConnectError of the rungs `resolve` to `ssh-auth`; CancelledError. No process and no file is left of what failed.
 */
export async function connectSystemSsh(options: SystemConnectOptions): Promise<SshSession> {
  const { target, system, context, environment = systemSshEnvironment(), ssh, why } = options;
  const { ladder, signal } = context;
  ladder.start("resolve", `the system's ssh: ${why}`);
  const program = { ssh, configFile: system.configFile, environment, signal };
  const host = await resolveBySsh(target, program);
  await options.allow(host.commands);
  for (const jump of host.proxyJump?.split(",") ?? []) {
    const hop = await resolveBySsh(parseSshTarget(jump), program);
    // The ssh that ssh starts for a jump host takes none of our options.
    if (hop.isLax) throw configFault("ssh_config", `StrictHostKeyChecking of the jump host ${jump} must be ask or yes`);
  }
  const directory = await makeDirectory();
  const master = new Master(options, host, directory);
  try {
    return await master.connect();
  } catch (error) {
    await master.end();
    if (signal.aborted) throw new CancelledError();
    throw error;
  }
}

class Master {
  readonly #options: SystemConnectOptions;
  readonly #host: ResolvedHost;
  readonly #directory: string;
  readonly #files: { readonly socket: string; readonly log: string; readonly knownHosts: string };
  readonly #fault = Promise.withResolvers<never>();
  readonly #clock: StepClock;
  readonly #questions: SshQuestions;
  readonly #notice: ServerNotice;
  readonly #climb: SystemClimb;
  #child: ChildProcess | undefined;
  #desk: AskpassDesk | undefined;

  constructor(options: SystemConnectOptions, host: ResolvedHost, directory: string) {
    const { prompts, memory, context, why, onReached } = options;
    const { ladder, signal, interactive } = context;
    this.#options = options;
    this.#host = host;
    this.#directory = directory;
    this.#files = {
      socket: join(directory, "m"),
      log: join(directory, "log"),
      knownHosts: join(directory, "known_hosts"),
    };
    this.#climb = new SystemClimb({ host, ladder, why, onReached });
    this.#clock = new StepClock(() =>
      this.#fault.reject(this.#notice.failure ?? timeoutError(host, ladder.current ?? "host-key", this.#patienceMs)),
    );
    const { whileAsking } = this.#clock;
    const onCancel = this.#fault.reject;
    const parts = { config: host, prompts, interactive, ladder, signal, onCancel };
    this.#notice = new ServerNotice({ ...parts, clock: this.#clock, patienceMs: this.#patienceMs });
    this.#questions = new SshQuestions({ host, prompts, memory, interactive, ladder, signal, whileAsking, onCancel });
    this.#fault.promise.catch(() => undefined);
  }

  async connect(): Promise<SshSession> {
    const { context, memory, system, environment = systemSshEnvironment(), ssh, hostKeyPolicy, target } = this.#options;
    const { signal, interactive } = context;
    const { socket, log, knownHosts } = this.#files;
    const trusted = system.memory.trustedOnce(memory);
    await writeFile(knownHosts, trusted, { mode: 0o600 });
    const canAnswer = interactive || memory.password(accountOf(this.#host)) !== undefined;
    if (canAnswer && system.askpassFile !== undefined) {
      const { askpassFile } = system;
      this.#desk = await openAskpassDesk({ directory: this.#directory, askpassFile, answer: this.#questions.answer });
    }
    const args = masterArguments({
      target,
      configFile: system.configFile,
      host: this.#host,
      files: this.#files,
      asks: this.#desk !== undefined,
      strict: hostKeyPolicy === "strict" || !interactive,
    });
    const runner = { ssh, environment };
    const cancel = (): void => this.#fault.reject(new CancelledError());
    if (signal.aborted) throw new CancelledError();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      this.#clock.start(this.#patienceMs);
      const child = startSsh(runner, args, { stdin: "ignore", env: this.#desk?.env ?? {} });
      this.#child = child;
      const progress = await Promise.race([this.#listening(child), this.#fault.promise]);
      await this.#keepKey(trusted);
      const wasTyped = progress.method === "password" || progress.method === "keyboard-interactive";
      if (wasTyped && this.#questions.password !== undefined)
        memory.keepPassword(accountOf(this.#host), this.#questions.password);
      const session = new SystemSession({ child, runner, host: this.#host, directory: this.#directory, socket, log });
      this.#climb.done(progress, session.label);
      return session;
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#notice.answered();
      this.#clock.stop();
      this.#desk?.dispose();
    }
  }

  /** Leaves nothing. */
  async end(): Promise<void> {
    this.#desk?.dispose();
    const child = this.#child;
    if (child !== undefined && !hasEnded(child)) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      endSsh(child);
      await gone;
    }
    await removeDirectory(this.#directory);
  }

  get #patienceMs(): number {
    return 3 * this.#host.connectTimeoutMs;
  }

  async #listening(child: ChildProcess): Promise<SshProgress> {
    const stderr = listenTo(child.stderr);
    child.stdout?.resume();
    let ended = false;
    let [logged, heard] = [0, 0];
    child.once("close", () => (ended = true));
    for (;;) {
      const isLast = ended;
      const log = await readFile(this.#files.log, "utf8").catch(() => "");
      if (log.length > logged) this.#notice.answered();
      logged = log.length;
      // What ssh itself has to say stands in its log. Beside jump hosts, which write here too, nothing is known to be the host's.
      const said = this.#host.proxyJump === undefined ? stderr() : "";
      if (said.length > heard) this.#notice.hear(said.slice(heard));
      heard = said.length;
      const progress = readProgress(log);
      this.#climb.show(progress, this.#hostKeyWords(progress));
      if (progress.isListening) return progress;
      if (isLast)
        throw await systemFailure({
          host: this.#host,
          log,
          stderr: stderr(),
          needsPerson: this.#questions.needsPerson,
          notice: this.#notice.words,
        });
      await sleep(LOOK_EVERY_MS);
    }
  }

  #hostKeyWords({ knownFrom }: SshProgress): string {
    if (this.#questions.hostKey === "remember") return "now known";
    return this.#questions.hostKey === "once" || knownFrom?.startsWith(this.#files.knownHosts) === true
      ? "trusted once"
      : "known";
  }

  /** What ssh has written down for us is kept as the person wished. */
  async #keepKey(trusted: string): Promise<void> {
    const { hostKey } = this.#questions;
    if (hostKey === undefined) return;
    const { memory, system } = this.#options;
    const lines = await readFile(this.#files.knownHosts, "utf8");
    const { hostName, port, hostKeyAlias, hashKnownHosts, knownHosts } = this.#host;
    const [file] = knownHosts ?? [];
    if (hostKey === "once" || file === undefined) return system.memory.trustOnce(memory, lines);
    const name = knownHostName(hostName, port, hostKeyAlias);
    for (const line of lines.slice(trusted.length).trim().split("\n")) {
      const key = Buffer.from(line.split(/\s+/)[2] ?? "", "base64");
      await appendKnownHost(file, { name, key, style: hashKnownHosts ? "hashed" : "plain" });
    }
  }
}
