/** Every command of the extension; a test holds this list against package.json. Without the `openclaw.` prefix. */
export const COMMAND_IDS = [
  "connectRemote",
  "disconnect",
  "retry",
  "cancelConnect",
  "enterCredential",
  "approveDevice",
  "openChat",
  "openChatInEditor",
  "newChat",
  "health",
  "status",
  "gatewayCall",
  "doctor",
  "manageGateways",
  "tunnelOpen",
  "tunnelCopyCommand",
  "tunnelClose",
  "saveDefaultRemote",
  "openConfig",
  "sidecarInstall",
  "sidecarStart",
  "sidecarStop",
  "sidecarUpdate",
  "sidecarUninstall",
  "sidecarLog",
  "showLog",
  "showMenu",
] as const;

export type CommandId = (typeof COMMAND_IDS)[number];

/** The id as VS Code knows it. */
export function commandName(id: CommandId): `openclaw.${CommandId}` {
  return `openclaw.${id}`;
}

/** View and editor types, as package.json declares them. */
export const CHAT_VIEW = "openclaw.chat";
export const CHAT_EDITOR = "openclaw.chatEditor";

/** Where a window remembers the Gateway that it was connected to, so that a reload can come back to it. */
export const RESUME_KEY = "openclaw.resume";
