import { existsSync } from "node:fs";
import { join } from "node:path";
import { ServiceError } from "../service-error.ts";
import type { ServiceCommand, ServiceState, Supervisor } from "./supervisor.ts";
import { needTool, runTool } from "./tool.ts";

/**
 * A user unit (systemd.service(5), systemd.exec(5)). Only such restrictions as a user's own systemd can set up
 * everywhere: those that need a mount namespace would keep it from starting where there are no user namespaces.
 */
export function systemdUnit(command: ServiceCommand): string {
  const { node, script, args, stateDir, envFile } = command;
  const words = [...program(node), `--env-file-if-exists=${envFile}`, script, "run", ...args];
  return `[Unit]
Description=OpenClaw sidecar Gateway (${escapeSpecifiers(stateDir)})
StartLimitIntervalSec=120
StartLimitBurst=5

[Service]
Type=exec
# The colon: no variable is expanded in the arguments.
ExecStart=:${words.map(quote).join(" ")}
WorkingDirectory=~
Restart=on-failure
RestartSec=2
# Exit code 2: the command line is wrong, and will be the next time.
RestartPreventExitStatus=2
# SIGTERM to the Gateway alone, which then finishes what it is answering.
KillMode=mixed
TimeoutStopSec=30
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
`;
}

/** systemd takes no quotes and backslashes in the program's own path, only in its arguments. */
function program(path: string): readonly string[] {
  return /['"\\]/.test(path) ? ["/usr/bin/env", path] : [path];
}

const escapeSpecifiers = (text: string): string => text.replaceAll("%", "%%");

function quote(word: string): string {
  return `"${escapeSpecifiers(word).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

export interface SystemdOptions {
  readonly name: string;
  readonly home: string;
  readonly uid: number;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The systemd of the person, not of the system: no root needed. */
export function systemd({ name, home, uid, user, env }: SystemdOptions): Supervisor {
  const unit = `${name}.service`;
  const config = env["XDG_CONFIG_HOME"];
  const path = join(config === undefined || config === "" ? join(home, ".config") : config, "systemd", "user", unit);
  const reachable = withRuntimeDir(env, uid);
  const systemctl = (...args: readonly string[]): Promise<string> =>
    needTool("systemctl", ["--user", ...args], reachable);
  return {
    kind: "systemd",
    unit,
    path,
    logsHint: `journalctl --user -u ${unit}`,
    encoding: "utf8",
    define: systemdUnit,
    async check() {
      const { code, stderr } = await runTool("systemctl", ["--user", "show-environment"], reachable);
      if (code === 0) return;
      const why = code === undefined ? "there is no systemctl" : stderr.replace(/\s+/g, " ").replace(/\.$/, "");
      throw new ServiceError(
        "SUPERVISOR",
        `This person's systemd cannot be reached (${why}). Log in directly (not with su), or use \`openclaw-sidecar start\` instead.`,
      );
    },
    async enable() {
      const { code, stderr } = await runTool("systemd-analyze", ["--user", "verify", path], reachable);
      await systemctl("daemon-reload");
      await systemctl("enable", unit);
      await systemctl("restart", unit);
      const doubts = code === undefined || code === 0 ? [] : [`systemd-analyze verify has doubts: ${stderr}`];
      return [...doubts, ...(await lingerNote(user, reachable))];
    },
    disable: async () => void (await systemctl("disable", "--now", unit)),
    async forget() {
      await systemctl("daemon-reload");
      // A unit that had failed is remembered by name otherwise.
      await runTool("systemctl", ["--user", "reset-failed", unit], reachable);
    },
    start: async () => void (await systemctl("start", "--no-block", unit)),
    stop: async () => void (await systemctl("stop", "--no-block", unit)),
    restart: async () => void (await systemctl("restart", "--no-block", unit)),
    state: async () => stateOf(await runTool("systemctl", ["--user", "is-active", unit], reachable)),
  };
}

function stateOf({ code, stdout }: { readonly code: number | undefined; readonly stdout: string }): ServiceState {
  const detail = stdout === "" ? (code === undefined ? "no systemctl" : "unknown") : stdout;
  return { isActive: /^(?:active|activating|reloading)$/.test(detail), hasFailed: detail === "failed", detail };
}

/** Without it systemctl does not find the person's systemd, for example in a cron job. */
function withRuntimeDir(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
): Readonly<Record<string, string | undefined>> {
  const usual = `/run/user/${uid}`;
  return env["XDG_RUNTIME_DIR"] === undefined && existsSync(usual) ? { ...env, XDG_RUNTIME_DIR: usual } : env;
}

async function lingerNote(user: string, env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const { code, stdout } = await runTool("loginctl", ["show-user", user, "--property=Linger", "--value"], env);
  if (code === 0 && stdout === "yes") return [];
  return [
    `It runs while you are logged in. To start it at boot and keep it after logout, run: loginctl enable-linger ${user}`,
  ];
}
