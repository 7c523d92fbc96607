import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../protocol/util/logger.ts";
import { StartupError, reasonOf } from "../config/startup-error.ts";
import { isRecord } from "../json.ts";
import { endForeground, findTailscale, oneLine, startForeground, tailscaleJson } from "./tailscale-cli.ts";

/** How long a daemon that is only just starting is waited for: at boot it may come after us. */
const DAEMON_WAIT_MS = 90_000;
const DAEMON_POLL_MS = 1_000;
const CLAIM_WAIT_MS = 20_000;
const CLAIM_POLL_MS = 200;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
const HTTPS_PORT = 443;
const MAX_SAID_CHARS = 8_000;

export interface ClaimOptions {
  readonly mode: "serve" | "funnel";
  /** Of the private listener. */
  readonly port: number;
  readonly logger: Logger;
}

/**
 * Holds the route from the tailnet (or the internet) to our private port, by the real `tailscale` command in the
 * foreground: Tailscale gives the route up when that command ends, and it ends when we do.
 */
export class TailscaleClaim {
  readonly #options: ClaimOptions;
  readonly #command: string;
  #child: ChildProcess | undefined;
  #url: string | undefined;
  #problem: string | undefined;
  #isDisposed = false;

  private constructor(options: ClaimOptions, command: string) {
    this.#options = options;
    this.#command = command;
  }

  /** Resolves when the route is there. @throws StartupError with Tailscale's own words */
  static async open(options: ClaimOptions): Promise<TailscaleClaim> {
    const command = findTailscale();
    if (command === undefined) {
      throw new StartupError(
        `--tailscale ${options.mode} needs the tailscale command, which is not on PATH; install Tailscale, or use --tailscale off.`,
      );
    }
    const claim = new TailscaleClaim(options, command);
    try {
      await claim.#waitForDaemon();
      await claim.#claim();
    } catch (error) {
      claim.dispose();
      throw new StartupError(`--tailscale ${options.mode} did not work: ${reasonOf(error)}.`, { cause: error });
    }
    return claim;
  }

  /** `https://name.tailnet.ts.net` */
  get url(): string | undefined {
    return this.#url;
  }

  /** Why the route is not there now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async #waitForDaemon(): Promise<void> {
    const deadline = performance.now() + DAEMON_WAIT_MS;
    for (let said = ""; ;) {
      const state = await this.#daemonState();
      if (state === "Running") return;
      const isComing = state === "NoState" || state === "Starting" || state === undefined;
      if (!isComing) throw new Error(`Tailscale is "${state}"; bring it up with \`tailscale up\``);
      const what = state ?? "not answering";
      if (performance.now() > deadline)
        throw new Error(`Tailscale was still "${what}" after ${DAEMON_WAIT_MS / 1000} s`);
      if (what !== said) this.#options.logger.info(`waiting for Tailscale, which is "${what}"`);
      said = what;
      await sleep(DAEMON_POLL_MS);
    }
  }

  async #daemonState(): Promise<string | undefined> {
    try {
      const { BackendState: state } = await tailscaleJson(this.#command, ["status", "--peers=false"]);
      return typeof state === "string" ? state : undefined;
    } catch {
      return undefined;
    }
  }

  /** Asks for the route and waits until Tailscale itself shows it. */
  async #claim(): Promise<void> {
    const { mode, port, logger } = this.#options;
    const target = `http://127.0.0.1:${port}`;
    const child = startForeground(this.#command, [mode, "--yes", `--https=${HTTPS_PORT}`, target]);
    this.#child = child;
    let said = "";
    child.stdout?.resume();
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-MAX_SAID_CHARS);
    });
    let ended: string | undefined;
    child.once("error", (error) => (ended ??= error.message));
    child.once("close", (code) => {
      ended ??= oneLine(said) ?? `\`tailscale ${mode}\` ended with ${code}`;
      child.stdin?.destroy();
      if (this.#url !== undefined && this.#child === child) this.#lost(ended);
    });
    const deadline = performance.now() + CLAIM_WAIT_MS;
    for (;;) {
      const url = await this.#routeTo(target);
      if (ended !== undefined) throw new Error(ended);
      if (this.#isDisposed) return endForeground(child);
      if (url !== undefined) {
        this.#url = url;
        this.#problem = undefined;
        logger.info(`Tailscale ${mode === "funnel" ? "Funnel (the whole internet)" : "Serve"}: ${url}`);
        return;
      }
      if (performance.now() > deadline) throw new Error(oneLine(said) ?? "Tailscale did not show the route in time");
      await sleep(CLAIM_POLL_MS);
    }
  }

  /** The address under which Tailscale shows a route to our port; for Funnel only when it is open to the internet. */
  async #routeTo(target: string): Promise<string | undefined> {
    try {
      const all = await tailscaleJson(this.#command, [this.#options.mode, "status"]);
      const foreground = isRecord(all["Foreground"]) ? Object.values(all["Foreground"]) : [];
      for (const config of foreground.filter(isRecord)) {
        const host = hostOf(config, target);
        const isOpen = isRecord(config["AllowFunnel"]) && config["AllowFunnel"][host ?? ""] === true;
        if (host !== undefined && isOpen === (this.#options.mode === "funnel")) {
          return `https://${host.replace(`:${HTTPS_PORT}`, "")}`;
        }
      }
    } catch {
      // It is asked again; what the command itself says is what counts.
    }
    return undefined;
  }

  #lost(why: string): void {
    this.#url = undefined;
    if (this.#isDisposed) return;
    this.#problem = why;
    this.#options.logger.error(`Tailscale has given up the route: ${why}`);
    void this.#retry();
  }

  async #retry(): Promise<void> {
    for (let wait = RETRY_MIN_MS; ; wait = Math.min(RETRY_MAX_MS, wait * 2)) {
      await sleep(wait, undefined, { ref: false });
      if (this.#isDisposed) return;
      try {
        await this.#claim();
        return;
      } catch (error) {
        this.#problem = reasonOf(error);
        if (this.#child !== undefined) endForeground(this.#child);
      }
    }
  }

  /** Gives the route back. */
  dispose(): void {
    this.#isDisposed = true;
    if (this.#child !== undefined) endForeground(this.#child);
  }
}

/** The `host:port` whose root is proxied to our port, in one `ServeConfig` of Tailscale. */
function hostOf(config: Readonly<Record<string, unknown>>, target: string): string | undefined {
  if (!isRecord(config["Web"])) return undefined;
  for (const [host, web] of Object.entries(config["Web"])) {
    const handlers = isRecord(web) ? web["Handlers"] : undefined;
    const root = isRecord(handlers) ? handlers["/"] : undefined;
    if (isRecord(root) && root["Proxy"] === target) return host;
  }
  return undefined;
}
