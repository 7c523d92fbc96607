import type { Command } from "./command.ts";
import type { OptionSpec } from "./flags.ts";
import { LIFE_OPTIONS } from "./life-options.ts";

const timeout = (what: string, ms: number): OptionSpec => ({
  name: "timeout",
  value: "MS",
  help: `how long it may take to ${what}, default ${ms}`,
});
const port = { name: "port", value: "PORT", help: "port on loopback; default: gateway.port of the config, else 18789" };
const config = { name: "config", value: "FILE", help: "openclaw.json to use; default: the one in the state directory" };
const tokenFile = {
  name: "token-file",
  value: "FILE",
  help: "the token is the first line of this file; default: one is made and stored",
};
const passwordFile = {
  name: "password-file",
  value: "FILE",
  help: "the password is the first line of this file",
};
/** Who can reach it and how they prove themselves; the config says the same with the keys in brackets. */
const exposure: readonly OptionSpec[] = [
  {
    name: "bind",
    value: "MODE",
    help: "loopback (default), lan, tailnet, custom, auto [gateway.bind]; beyond loopback a token or password must be chosen",
  },
  { name: "auth", value: "MODE", help: "token (default), password, trusted-proxy, none [gateway.auth.mode]" },
  { name: "tailscale", value: "MODE", help: "serve, funnel or off [gateway.tailscale.mode]" },
];
const force = {
  name: "force",
  help: "kill it when it does not end in time; what it was answering is marked interrupted",
};

/** The commands about the life of this computer's sidecar. */
export const LIFE_COMMANDS: readonly Command[] = [
  {
    name: "start",
    summary: "Start the sidecar in the background; ready when this returns",
    options: [
      port,
      config,
      tokenFile,
      {
        name: "token",
        value: "TOKEN",
        help: "better: OPENCLAW_GATEWAY_TOKEN, which other users of this computer cannot see",
      },
      { name: "password", value: "PASSWORD", help: "better: OPENCLAW_GATEWAY_PASSWORD" },
      passwordFile,
      ...exposure,
      timeout("be ready", 20_000),
      ...LIFE_OPTIONS,
    ],
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "stop",
    summary: "Let the sidecar finish its answers and end it",
    options: [force, timeout("end", 20_000), ...LIFE_OPTIONS],
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "restart",
    summary: "Stop the sidecar and start it as it was started before",
    options: [force, timeout("end, and to be ready again", 20_000), ...LIFE_OPTIONS],
    load: async () => (await import("./commands/restart.ts")).restart,
  },
  {
    name: "install",
    summary: "Make the sidecar a service of this person, started at login",
    options: [
      { name: "dry-run", help: "print the service's file and change nothing" },
      port,
      config,
      tokenFile,
      { name: "token", value: "TOKEN", help: "refused: a service's file is no place for a secret" },
      { name: "password", value: "PASSWORD", help: "refused, like --token" },
      passwordFile,
      ...exposure,
      timeout("be ready", 30_000),
      ...LIFE_OPTIONS,
    ],
    load: async () => (await import("./commands/install.ts")).install,
  },
  {
    name: "uninstall",
    summary: "Stop the service and remove it; what the sidecar has stored stays",
    options: LIFE_OPTIONS,
    load: async () => (await import("./commands/uninstall.ts")).uninstall,
  },
  {
    name: "logs",
    summary: "Show the log of the sidecar",
    options: [
      { name: "follow", help: "go on with new lines until Ctrl-C, over rotations and restarts" },
      { name: "lines", value: "N", help: "how many of the last lines, default 200" },
      ...LIFE_OPTIONS.filter(({ name }) => name !== "json"),
      { name: "json", help: "one JSON object a line: {time,level,message}" },
    ],
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "doctor",
    summary: "Look for what is wrong with the sidecar of this computer; exit code 1 when something is",
    options: [
      { name: "fix", help: "put right what can be put right safely: permissions, files that a crash left" },
      ...LIFE_OPTIONS,
    ],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
];
