import { dirname, win32 } from "node:path";
import type { ServiceCommand, Supervisor } from "./supervisor.ts";
import { needTool, runTool } from "./tool.ts";
import { xmlText } from "./xml.ts";

/** A scheduled task (Task Scheduler schema 1.2) that runs from logon, without a time limit and also on battery. */
export function windowsTask(user: string, command: ServiceCommand): string {
  const { node, script, args, envFile } = command;
  const words = [`--env-file-if-exists=${envFile}`, script, "run", ...args, "--quiet"];
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>OpenClaw sidecar Gateway</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${xmlText(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${xmlText(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <Hidden>true</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(node)}</Command>
      <Arguments>${xmlText(words.map(quoteArgument).join(" "))}</Arguments>
      <WorkingDirectory>${xmlText(win32.dirname(script))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`;
}

/** One argument as the C runtime of Windows takes a command line apart: backslashes count only before a quote. */
export function quoteArgument(argument: string): string {
  if (argument !== "" && !/[\s"]/.test(argument)) return argument;
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

export interface WindowsTaskOptions {
  readonly name: string;
  /** `DOMAIN\name`. */
  readonly user: string;
  readonly output: string;
}

/** The Task Scheduler of Windows. */
export function taskScheduler({ name, user, output }: WindowsTaskOptions): Supervisor {
  const path = win32.join(dirname(dirname(output)), "service.xml");
  const schtasks = async (...args: readonly string[]): Promise<void> => void (await needTool("schtasks.exe", args));
  const task = ["/TN", name] as const;
  return {
    kind: "Task Scheduler",
    unit: name,
    path,
    logsHint: output,
    encoding: "utf16le",
    define: (command) => windowsTask(user, command),
    check: () => schtasks("/Query", "/TN", "\\"),
    async enable() {
      await schtasks("/Create", ...task, "/XML", path, "/F");
      await schtasks("/Run", ...task);
      return ["It runs while you are logged in."];
    },
    async disable() {
      await runTool("schtasks.exe", ["/End", ...task]);
      await schtasks("/Delete", ...task, "/F");
    },
    forget: async () => undefined,
    start: () => schtasks("/Run", ...task),
    stop: () => schtasks("/End", ...task),
    async restart() {
      await runTool("schtasks.exe", ["/End", ...task]);
      await schtasks("/Run", ...task);
    },
    async state() {
      // The words of schtasks are translated; those of the enumeration are not.
      const script = `(Get-ScheduledTask -TaskName '${name}' -ErrorAction Stop).State`;
      const { code, stdout } = await runTool("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", script]);
      const detail = code === 0 ? stdout : "unknown";
      return { isActive: detail === "Running" || detail === "Queued", hasFailed: false, detail };
    },
  };
}
