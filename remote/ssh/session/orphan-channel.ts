import type { Client } from "ssh2";
import { own } from "../../config/own.ts";

/**
 * Closes the channels that were opened for an SFTP which never became ready. ssh2 1.17 hands them to nobody: kept open, they
 * cost a server with `MaxSessions 1` its only session, and their next error would find no listener. Its parts are private:
 * what does not look as expected is left alone.
 */
export function closeUnreadySftp(client: Client): void {
  const channels = own(own(client, "_chanMgr"), "_channels");
  if (typeof channels !== "object" || channels === null) return;
  for (const channel of Object.values(channels)) {
    // Only SFTP has a version, and the server's greeting sets it.
    if (own(channel, "_version") !== -1 || !isChannel(channel)) continue;
    channel.on("error", () => undefined);
    channel.destroy();
  }
}

function isChannel(value: unknown): value is { destroy(): void; on(event: "error", listener: () => void): void } {
  if (typeof value !== "object" || value === null || !("destroy" in value) || !("on" in value)) return false;
  return typeof value.destroy === "function" && typeof value.on === "function";
}
