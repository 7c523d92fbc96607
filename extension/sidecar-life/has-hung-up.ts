import { setTimeout as sleep } from "node:timers/promises";
import type { LinkView } from "../connection/gateway-link.ts";

const LOOKS = 20;
const PAUSE_MS = 50;

/**
 * Whether the Gateway in front was the one that has just ended on its host: it hangs up at once, another one there goes on.
 * Looks for a second at most.
 */
export async function hasHungUp(view: () => LinkView): Promise<boolean> {
  for (let look = 0; look < LOOKS && view().state.phase === "connected"; look++) await sleep(PAUSE_MS);
  return view().state.phase !== "connected";
}
