import { join } from "node:path";
import type { Bind } from "./config/bind.ts";
import { type SidecarConfig, readConfig } from "./config/config.ts";
import { type ChosenAuth, chooseAuth } from "./config/credentials.ts";
import { checkExposure, chooseBind } from "./config/exposure.ts";
import { type RunFlags, parsePort, parseRunFlags } from "./config/flags.ts";
import type { TailscaleMode } from "./config/gateway-config.ts";
import { checkNode } from "./config/node-version.ts";
import { STATE_FILES, checkStateDir, resolveStateDir } from "./config/state-dir.ts";

const DEFAULT_PORT = 18_789;

/** What a start is going to do, worked out and checked before anything is opened or written. */
export interface RunPlan {
  readonly flags: RunFlags;
  readonly stateDir: string;
  readonly config: SidecarConfig;
  /** All of the config file, parsed and as it stands there; no source when there is no file. */
  readonly rawConfig: unknown;
  readonly source: string | undefined;
  readonly auth: ChosenAuth;
  readonly bind: Bind;
  readonly tailscale: TailscaleMode;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Reads the command line, the environment and the config. @throws StartupError */
export async function planRun(argv: readonly string[]): Promise<RunPlan> {
  checkNode();
  const flags = parseRunFlags(argv);
  const stateDir = resolveStateDir(flags);
  const configPath = flags.configPath ?? join(stateDir, STATE_FILES.config);
  const { config, raw, source } = await readConfig(configPath, { required: flags.configPath !== undefined });
  const auth = chooseAuth(flags, config);
  const bind = chooseBind(flags, config);
  const tailscale = flags.tailscale ?? config.tailscale ?? "off";
  const port = choosePort(flags, config);
  checkExposure({ bind, auth, tailscale }, config);
  checkStateDir(stateDir);
  return { flags, stateDir, config, rawConfig: raw, source, auth, bind, tailscale, port };
}

/** The flag, the environment, the config, the default: in this order. */
export function choosePort(
  flags: Pick<RunFlags, "port">,
  config: Pick<SidecarConfig, "port">,
  env: Readonly<Record<string, string | undefined>> = process.env,
): number {
  const fromEnv = env["OPENCLAW_GATEWAY_PORT"];
  if (flags.port !== undefined) return flags.port;
  return fromEnv === undefined || fromEnv === ""
    ? (config.port ?? DEFAULT_PORT)
    : parsePort(fromEnv, "OPENCLAW_GATEWAY_PORT");
}
