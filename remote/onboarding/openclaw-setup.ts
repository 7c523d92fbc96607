import { asObject, asString } from "../../protocol/gateway/json.ts";
import { portOf } from "../target/port.ts";
import { printable } from "../target/printable.ts";

/** One set-up of OpenClaw in an account: where its config and its state are. */
export interface OpenClawSetup {
  readonly stateDir: string;
  /** Undefined: there is no config file. */
  readonly configPath: string | undefined;
}

/** A Gateway of OpenClaw whose process lives (docs/gateway/gateway-lock, docs/gateway/multiple-gateways). */
export interface OpenClawRun extends OpenClawSetup {
  readonly configPath: string;
  readonly port: number;
  /** `rescue` of `openclaw --profile rescue`; undefined for the account's own. */
  readonly profile: string | undefined;
}

/** What a running Gateway has written into its lock file; undefined when it tells no port. */
export function readLock(text: string, ownStateDir: string): OpenClawRun | undefined {
  const lock = asObject(parsed(text.slice(0, text.lastIndexOf("}") + 1)));
  const [port, stateDir, configPath] = [portOf(lock["port"]), asString(lock["stateDir"]), asString(lock["configPath"])];
  if (port === undefined || stateDir === undefined || configPath === undefined) return undefined;
  if (!isWhole(stateDir) || !isWhole(configPath)) return undefined;
  const named = /[\\/]\.openclaw-([A-Za-z0-9_-]{1,64})$/.exec(stateDir)?.[1] ?? printable(stateDir, 80);
  return { port, stateDir, configPath, profile: stateDir === ownStateDir ? undefined : named };
}

/** An absolute path, of Windows too. */
const isWhole = (path: string): boolean => /^(?:[/\\]|[A-Za-z]:[/\\])/.test(path);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
