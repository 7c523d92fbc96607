import { join } from "node:path";
import { ServiceError } from "../service-error.ts";
import type { ServiceCommand, Supervisor } from "./supervisor.ts";
import { needTool, runTool } from "./tool.ts";
import { xmlText } from "./xml.ts";

/** 077 in the decimal that a property list holds. */
const PRIVATE_UMASK = 63;

/** A launch agent (launchd.plist(5)). launchd keeps no journal, so that the process's own words go to a file. */
export function launchdPlist(label: string, command: ServiceCommand): string {
  const { node, script, args, envFile, output } = command;
  const words = [node, `--env-file-if-exists=${envFile}`, script, "run", ...args, "--quiet"];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xmlText(label)}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xmlText(word)}</string>`).join("\n")}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>Umask</key>
  <integer>${PRIVATE_UMASK}</integer>
  <key>StandardOutPath</key>
  <string>${xmlText(output)}</string>
  <key>StandardErrorPath</key>
  <string>${xmlText(output)}</string>
</dict>
</plist>
`;
}

export interface LaunchdOptions {
  readonly name: string;
  readonly home: string;
  readonly uid: number;
  readonly output: string;
}

/** The launchd of the person: their desktop session when there is one, else their background session. */
export function launchd({ name, home, uid, output }: LaunchdOptions): Supervisor {
  const label = `ai.openclaw.${name.replace(/^openclaw-/, "")}`;
  const path = join(home, "Library", "LaunchAgents", `${label}.plist`);
  const domain = async (): Promise<string> => {
    for (const each of [`gui/${uid}`, `user/${uid}`]) {
      if ((await runTool("launchctl", ["print", each])).code === 0) return each;
    }
    throw new ServiceError(
      "SUPERVISOR",
      "This person's launchd cannot be reached; log in once, or use `openclaw-sidecar start` instead.",
    );
  };
  const service = async (): Promise<string> => `${await domain()}/${label}`;
  const boot = async (): Promise<void> => void (await needTool("launchctl", ["bootstrap", await domain(), path]));
  const isLoaded = async (): Promise<boolean> => (await runTool("launchctl", ["print", await service()])).code === 0;
  return {
    kind: "launchd",
    unit: label,
    path,
    logsHint: output,
    encoding: "utf8",
    define: (command) => launchdPlist(label, command),
    check: async () => void (await domain()),
    async enable() {
      if (await isLoaded()) await needTool("launchctl", ["bootout", await service()]);
      await boot();
      return [];
    },
    async disable() {
      if (await isLoaded()) await needTool("launchctl", ["bootout", await service()]);
    },
    forget: async () => undefined,
    async start() {
      if (!(await isLoaded())) await boot();
      await needTool("launchctl", ["kickstart", await service()]);
    },
    stop: async () => void (await needTool("launchctl", ["kill", "SIGTERM", await service()])),
    restart: async () => void (await needTool("launchctl", ["kickstart", "-k", await service()])),
    async state() {
      const { code, stdout } = await runTool("launchctl", ["print", await service()]);
      const word = /^\s*state = (.+)$/m.exec(stdout)?.[1];
      const detail = code === 0 ? (word ?? "loaded") : "not loaded";
      return { isActive: detail === "running", hasFailed: false, detail };
    },
  };
}
