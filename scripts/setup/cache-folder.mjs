import { homedir } from "node:os";
import { join } from "node:path";

/** Where large tools live that are no dependency of the project: VS Code in the browser, the real OpenClaw. */
export function cacheFolder(env = process.env) {
  return join(env.OPENCLAW_REMOTE_CACHE || env.XDG_CACHE_HOME || join(homedir(), ".cache"), "openclaw-remote");
}
