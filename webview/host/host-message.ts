import type { HostMessage } from "../../protocol/webview/contract.ts";

const KNOWN: Readonly<Record<HostMessage["type"], readonly string[]>> = {
  state: ["connection", "sessions", "sessionKey"],
  transcript: ["sessionKey", "patch"],
  focusComposer: [],
  insertText: ["text"],
  accepted: ["clientId"],
  commands: ["commands"],
  models: ["models"],
  mentions: ["query", "options"],
  mention: ["id", "reference", "excerpt"],
};

/** Whether data that came to the window is a message of our host; extensions of the browser post there too. */
export function isHostMessage(data: unknown): data is HostMessage {
  if (typeof data !== "object" || data === null || !("type" in data) || typeof data.type !== "string") return false;
  const fields = Object.entries(KNOWN).find(([type]) => type === data.type)?.[1];
  return fields !== undefined && fields.every((field) => field in data);
}
