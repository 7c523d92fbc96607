import type { DeviceStore } from "../../store/devices.ts";
import type { DeviceTokens } from "./device-tokens.ts";

/** Clients that run in a web page. */
const IN_A_PAGE: ReadonlySet<string> = new Set([
  "openclaw-control-ui",
  "openclaw-browser-copilot",
  "webchat",
  "webchat-ui",
]);

/** Whether a client runs in a web page, where the shared secret that it was given may still be. */
export const isPage = (clientId: string): boolean => IN_A_PAGE.has(clientId);

/**
 * Ends the device tokens that pages got for no more than the shared secret: whoever had the old secret may have one.
 * Devices that a person approved keep theirs.
 */
export function endTokensOfPages(devices: DeviceStore, tokens: DeviceTokens, now: number): void {
  for (const { deviceId, approvedVia, clientId } of devices.list()) {
    if (approvedVia !== "silent" || !isPage(clientId)) continue;
    // Another one, and not none: with the new secret the page gets it.
    for (const known of devices.tokens(deviceId)) tokens.rotate(known, known.scopes, now);
  }
}
