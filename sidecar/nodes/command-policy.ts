import type { Scope } from "../gateway/auth/scopes.ts";

/**
 * What nodes of each kind of computer may be asked to do without more ado
 * (`docs/nodes/command-policy.md` of OpenClaw 2026.9.6).
 */
const PLATFORM_COMMANDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    ios: [
      "camera.list",
      "location.get",
      "device.info",
      "device.status",
      "contacts.search",
      "calendar.events",
      "reminders.list",
      "photos.latest",
      "motion.activity",
      "motion.pedometer",
      "system.notify",
    ],
    watchos: ["device.info", "device.status", "system.notify"],
    android: [
      "camera.list",
      "location.get",
      "notifications.list",
      "notifications.actions",
      "system.notify",
      "device.info",
      "device.status",
      "device.permissions",
      "device.health",
      "device.apps",
      "contacts.search",
      "calendar.events",
      "callLog.search",
      "reminders.list",
      "photos.latest",
      "motion.activity",
      "motion.pedometer",
      "mobile.ui.observe",
      "mobile.ui.act",
    ],
    macos: [
      "camera.list",
      "camera.ptz.status",
      "location.get",
      "device.info",
      "device.status",
      "device.apps",
      "contacts.search",
      "calendar.events",
      "reminders.list",
      "photos.latest",
      "motion.activity",
      "motion.pedometer",
      "system.notify",
      "computer.act",
    ],
    windows: ["camera.list", "location.get", "device.info", "device.status", "system.notify", "computer.act"],
    linux: ["system.notify", "computer.act"],
  }),
);

/** What the host of a desktop node does once an operator has agreed to it. */
const DESKTOP_COMMANDS: readonly string[] = [
  "system.run",
  "system.run.prepare",
  "system.which",
  "system.execApprovals.get",
  "system.execApprovals.set",
  "browser.proxy",
  "browser.proxy.upload.v1",
  "mcp.tools.call.v1",
  "screen.snapshot",
  "fs.listDir",
];
const DESKTOPS = new Set(["macos", "windows", "linux"]);

/** Never without `gateway.nodes.commands.allow`: they look at, write to or pay for a person's life. */
const DANGEROUS = new Set([
  "camera.snap",
  "camera.clip",
  "camera.ptz.control",
  "screen.record",
  "contacts.add",
  "calendar.add",
  "reminders.add",
  "health.summary",
  "sms.send",
  "sms.search",
]);

/** Only an admin may agree to these. */
const ADMIN_COMMANDS = new Set([
  "system.run",
  "system.run.prepare",
  "system.which",
  "system.execApprovals.get",
  "system.execApprovals.set",
  "browser.proxy",
  "browser.proxy.upload.v1",
  "fs.listDir",
]);

/** `gateway.nodes.commands` of the config: exact names. `deny` wins over everything. */
export interface CommandRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Why a command is refused, as `node.invoke` words it; undefined when it may be sent. */
export function refuseCommand(command: string, platform: string, rules: CommandRules): string | undefined {
  if (rules.deny.includes(command)) return `"${command}" is blocked by gateway.nodes.commands.deny`;
  if (rules.allow.includes(command)) return undefined;
  if (DANGEROUS.has(command)) return `"${command}" requires explicit gateway.nodes.commands.allow opt-in`;
  const kind = kindOf(platform);
  const isKnown =
    PLATFORM_COMMANDS.get(kind)?.includes(command) === true ||
    (DESKTOPS.has(kind) && DESKTOP_COMMANDS.includes(command));
  return isKnown ? undefined : `"${command}" is not in the allowlist for platform "${platform.slice(0, 64)}"`;
}

/** Those of the declared commands that an operator can agree to, each once. */
export function grantable(commands: readonly string[], platform: string, rules: CommandRules): readonly string[] {
  return [...new Set(commands)].filter((command) => refuseCommand(command, platform, rules) === undefined);
}

/** The scopes that approving these commands needs. */
export function approvalScopes(commands: readonly string[]): readonly Scope[] {
  if (commands.length === 0) return ["operator.pairing"];
  const isSensitive = commands.some((command) => ADMIN_COMMANDS.has(command));
  return ["operator.pairing", isSensitive ? "operator.admin" : "operator.write"];
}

function kindOf(platform: string): string {
  const name = platform.trim().toLowerCase();
  if (name === "darwin") return "macos";
  if (name === "win32") return "windows";
  return [...PLATFORM_COMMANDS.keys()].find((kind) => name.startsWith(kind)) ?? name;
}
