import { resolve } from "node:path";
import type { RunFlags } from "../config/flags.ts";

/**
 * The arguments of `run` that say the same again from any directory: paths are absolute, the state directory is named,
 * and secrets are left out.
 */
export function runArguments(flags: RunFlags, stateDir: string): readonly string[] {
  const { port, tokenFile, passwordFile, configPath, profile, bind, auth, tailscale, ...rest } = flags;
  const { token: _token, password: _password, stateDir: _dir, json: _json, quiet: _quiet, ...unnamed } = rest;
  // A new flag of `run` that is not dealt with here does not compile: a restart must not forget it.
  unnamed satisfies Record<PropertyKey, never>;
  return [
    "--state-dir",
    stateDir,
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...(port === undefined ? [] : ["--port", String(port)]),
    ...(tokenFile === undefined ? [] : ["--token-file", resolve(tokenFile)]),
    ...(passwordFile === undefined ? [] : ["--password-file", resolve(passwordFile)]),
    ...(bind === undefined ? [] : ["--bind", bind]),
    ...(auth === undefined ? [] : ["--auth", auth]),
    ...(tailscale === undefined ? [] : ["--tailscale", tailscale]),
    ...(configPath === undefined ? [] : ["--config", resolve(configPath)]),
  ];
}

/** The same with another port. */
export function withPort(args: readonly string[], port: number): readonly string[] {
  const index = args.indexOf("--port");
  return index < 0 ? args : [...args.slice(0, index), "--port", String(port), ...args.slice(index + 2)];
}
