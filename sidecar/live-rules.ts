import { join } from "node:path";
import type { Logger } from "../protocol/util/logger.ts";
import { nearest } from "./cli/nearest.ts";
import { type SidecarConfig, readConfig } from "./config/config.ts";
import { type ChosenAuth, chooseAuth, ownToken } from "./config/credentials.ts";
import { checkExposure, chooseBind } from "./config/exposure.ts";
import { FileWatch } from "./config/file-watch.ts";
import { reasonOf } from "./config/startup-error.ts";
import { STATE_FILES } from "./config/state-dir.ts";
import type { Rules } from "./gateway/auth/eviction.ts";
import type { GatewayAuth } from "./gateway/auth/gateway-auth.ts";
import { type Perimeter, perimeterOf } from "./gateway/auth/perimeter.ts";
import { type RunPlan, choosePort } from "./run-plan.ts";
import { reportKeys } from "./service/doctor/config-keys.ts";

/** What holds at the moment. */
export interface LiveState extends Rules {
  readonly perimeter: Perimeter;
}

export interface LiveRulesOptions {
  readonly plan: RunPlan;
  readonly logger: Logger;
  /** Values that must not be logged; new ones are added before anything is said about them. */
  readonly secrets: string[];
  /** Called after each change, and never for a config that is broken. */
  readonly changed: (state: LiveState) => void;
}

/**
 * The config as it is now. Follows the file, and the files with secrets, while the Gateway runs: what can change at once
 * does, what cannot is named, and a broken file changes nothing.
 */
export class LiveRules {
  readonly #options: LiveRulesOptions;
  readonly #watch: FileWatch;
  readonly #saidKeys = new Set<string>();
  #state: LiveState;
  #source: string;
  #restart: readonly string[] = [];
  #problem: string | undefined;
  #reloading: Promise<void> | undefined;
  #hadFile: boolean;

  constructor(options: LiveRulesOptions) {
    const { plan } = options;
    this.#options = options;
    this.#hadFile = plan.source !== undefined;
    this.#state = this.#stateOf(plan, authOf(plan.auth, plan.stateDir));
    this.#source = JSON.stringify([plan.source ?? "", this.#state.policy.auth]);
    this.#reportKeys(plan.rawConfig);
    this.#watch = new FileWatch(
      () => watchedFiles(plan),
      () => void this.reload(),
    );
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Paths of the config whose new values wait for a restart. */
  get pendingRestart(): readonly string[] {
    return this.#restart;
  }

  /** Why the file as it is now is not used. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Says by throwing what a start would refuse this config for. @throws StartupError */
  check(config: SidecarConfig): void {
    const { flags } = this.#options.plan;
    const tailscale = flags.tailscale ?? config.tailscale ?? "off";
    checkExposure({ bind: chooseBind(flags, config), auth: chooseAuth(flags, config), tailscale }, config);
  }

  #stateOf({ config, tailscale }: Pick<RunPlan, "config" | "tailscale">, auth: GatewayAuth): LiveState {
    const { secrets } = this.#options;
    if (auth.mode !== "none" && auth.value !== undefined && !secrets.includes(auth.value)) secrets.push(auth.value);
    return {
      config,
      policy: {
        auth,
        allowTailscale: tailscale === "serve" && (config.allowTailscale ?? true),
        identityScopes: config.identityScopes,
      },
      perimeter: perimeterOf(config, auth.mode),
    };
  }

  /** Looks at the files now. Resolves when what they say holds, or has been refused. Never rejects. */
  reload(): Promise<void> {
    const after = (this.#reloading ?? Promise.resolve()).then(() => this.#reload());
    this.#reloading = after;
    return after;
  }

  async #reload(): Promise<void> {
    const { plan, logger } = this.#options;
    try {
      const next = await this.#read();
      if (next === undefined) return;
      this.#problem = undefined;
      if (next.config.reload === "off" && this.#state.config.reload === "off") {
        logger.info(`${plan.config.path} was changed; gateway.reload.mode is "off", so it waits for a restart`);
        return;
      }
      this.#state = this.#stateOf({ config: next.config, tailscale: plan.tailscale }, next.auth);
      this.#options.changed(this.#state);
      logger.info(`${plan.config.path} was changed and holds from now on`);
      if (next.restart.length > 0 && next.restart.join() !== this.#restart.join()) {
        logger.warn(`these wait for a restart: ${next.restart.join(", ")}`);
      }
      this.#restart = next.restart;
    } catch (error) {
      const why = reasonOf(error);
      if (why !== this.#problem) logger.error(`the changed config is not used, the last good one stays: ${why}`);
      this.#problem = why;
    }
  }

  /** The config as the files have it, checked as a start would; undefined when nothing is new. @throws StartupError */
  async #read() {
    const { plan, logger } = this.#options;
    const { flags, stateDir } = plan;
    // A file that was there and is gone is somebody in the middle of something, not a wish for defaults.
    const { config, raw, source } = await readConfig(plan.config.path, { required: this.#hadFile });
    const chosen = chooseAuth(flags, config);
    const bind = chooseBind(flags, config);
    const tailscale = flags.tailscale ?? config.tailscale ?? "off";
    checkExposure({ bind, auth: chosen, tailscale }, config);
    const isSameMode = chosen.mode === plan.auth.mode;
    const auth = isSameMode ? authOf(chosen, stateDir) : this.#state.policy.auth;
    const now = JSON.stringify([source ?? "", auth]);
    if (now === this.#source) {
      if (this.#problem !== undefined) logger.info(`${plan.config.path} is as it was; all is well again`);
      this.#problem = undefined;
      return undefined;
    }
    this.#source = now;
    this.#hadFile = source !== undefined;
    this.#reportKeys(raw);
    const restart = [
      ...(choosePort(flags, config) === plan.port ? [] : ["gateway.port"]),
      ...(bind.mode === plan.bind.mode && bind.hosts.join() === plan.bind.hosts.join() ? [] : ["gateway.bind"]),
      ...(isSameMode ? [] : ["gateway.auth.mode"]),
      ...(tailscale === plan.tailscale ? [] : ["gateway.tailscale.mode"]),
      ...(JSON.stringify(config.tls) === JSON.stringify(plan.config.tls) ? [] : ["gateway.tls"]),
    ];
    return { config, auth, restart };
  }

  /** Keys that nobody reads, each of them once. */
  #reportKeys(raw: unknown): void {
    const { plan, logger } = this.#options;
    for (const { path, meant } of reportKeys(raw, nearest).unknown) {
      if (this.#saidKeys.has(path)) continue;
      this.#saidKeys.add(path);
      const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
      logger.warn(`nobody reads ${path} of ${plan.config.path}${hint}`);
    }
  }

  dispose(): void {
    this.#watch.dispose();
  }
}

/** With a token of its own when nobody chose one. */
function authOf(auth: ChosenAuth, stateDir: string): GatewayAuth {
  switch (auth.mode) {
    case "none":
      return { mode: "none" };
    case "token":
      return { mode: "token", value: auth.secret?.value ?? ownToken(stateDir) };
    case "password":
      return { mode: "password", value: auth.secret.value };
    case "trusted-proxy":
      return { mode: "trusted-proxy", value: auth.secret?.value };
  }
}

function watchedFiles({ flags, config, stateDir }: RunPlan): readonly string[] {
  const { tokenFile, passwordFile } = flags;
  return [
    config.path,
    tokenFile ?? join(stateDir, STATE_FILES.token),
    ...(passwordFile === undefined ? [] : [passwordFile]),
  ];
}
