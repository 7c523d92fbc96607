import { parseArgs } from "node:util";
import { BIND_MODES, type BindMode } from "./bind.ts";
import { AUTH_MODES, type AuthMode, TAILSCALE_MODES, type TailscaleMode } from "./gateway-config.ts";
import { StartupError, reasonOf } from "./startup-error.ts";
import { PROFILE } from "./state-dir.ts";

/** What the command line of `run` says; whatever it does not say is undefined. */
export interface RunFlags {
  readonly port?: number;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly auth?: AuthMode;
  readonly bind?: BindMode;
  readonly tailscale?: TailscaleMode;
  readonly stateDir?: string;
  readonly configPath?: string;
  readonly profile?: string;
  readonly json: boolean;
  /** Nothing on stderr but why it cannot start; the log file has the rest. */
  readonly quiet: boolean;
}

/** How `run` is called, for the sentence that refuses a malformed call. */
const RUN_USAGE =
  "openclaw-sidecar run [--port PORT] [--bind MODE] [--auth MODE] [--token-file FILE | --token TOKEN | --password-file FILE | --password PASSWORD] [--tailscale serve|funnel|off] [--state-dir DIR] [--profile NAME] [--config FILE] [--json] [--quiet]";

const usage = (message: string): StartupError => new StartupError(`${message} (usage: ${RUN_USAGE})`, { exitCode: 2 });

/**
 * Reads the arguments after `run`.
 * @throws StartupError with the offending part, exit code 2
 */
export function parseRunFlags(argv: readonly string[]): RunFlags {
  const values = parse(argv);
  const bind = choice("bind", values.bind, BIND_MODES);
  const auth = choice("auth", values.auth, AUTH_MODES);
  const tailscale = choice("tailscale", values.tailscale, TAILSCALE_MODES);
  if (values.profile !== undefined && !PROFILE.test(values.profile)) {
    throw usage(`"${values.profile}" is no profile name: use letters, digits, - and _`);
  }
  const empty = (["token", "token-file", "password", "password-file", "state-dir", "config"] as const).find(
    (name) => values[name]?.trim() === "",
  );
  if (empty !== undefined) throw usage(`--${empty} is empty`);
  return {
    json: values.json ?? false,
    quiet: values.quiet ?? false,
    ...(values.port === undefined ? {} : { port: parsePort(values.port, "--port") }),
    ...(values.token === undefined ? {} : { token: values.token }),
    ...(values["token-file"] === undefined ? {} : { tokenFile: values["token-file"] }),
    ...(values.password === undefined ? {} : { password: values.password }),
    ...(values["password-file"] === undefined ? {} : { passwordFile: values["password-file"] }),
    ...(auth === undefined ? {} : { auth }),
    ...(bind === undefined ? {} : { bind }),
    ...(tailscale === undefined ? {} : { tailscale }),
    ...(values["state-dir"] === undefined ? {} : { stateDir: values["state-dir"] }),
    ...(values.config === undefined ? {} : { configPath: values.config }),
    ...(values.profile === undefined ? {} : { profile: values.profile }),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: "string" },
        token: { type: "string" },
        "token-file": { type: "string" },
        password: { type: "string" },
        "state-dir": { type: "string" },
        config: { type: "string" },
        profile: { type: "string" },
        "password-file": { type: "string" },
        bind: { type: "string" },
        auth: { type: "string" },
        tailscale: { type: "string" },
        json: { type: "boolean" },
        quiet: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw usage(reasonOf(error).replace(/\.? To specify.*$/, ""));
  }
}

function choice<const T extends string>(flag: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const match = allowed.find((option) => option === value);
  if (match === undefined) throw usage(`--${flag} "${value}" is none of ${allowed.join(", ")}`);
  return match;
}

/**
 * A TCP port; 0 asks for a free one.
 * @param source where it came from, for the sentence
 */
export function parsePort(value: string, source: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535))
    throw usage(`${source} "${value}" is no port: use a number from 1 to 65535, or 0 for a free one`);
  return port;
}
