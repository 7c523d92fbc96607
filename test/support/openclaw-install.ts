import { spawn } from "node:child_process";
import { access, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

export const OPENCLAW_VERSION = "2026.9.6";
const NODE_VERSION = "24.21.0";

/** Where one version of the real OpenClaw and the Node that it demands stand. */
export interface OpenClawInstall {
  readonly node: string;
  readonly entry: string;
}

/** A folder of this version only, in the same cache folder as the other large tools (scripts/setup/cache-folder.mjs). */
function openClawCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env["OPENCLAW_REMOTE_CACHE"] || env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "openclaw-remote", `openclaw-${OPENCLAW_VERSION}`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The install in `folder`, or null when it is not there, not whole, or of another version. */
export async function findOpenClaw(folder = openClawCacheFolder()): Promise<OpenClawInstall | null> {
  const home = join(folder, "node_modules", "openclaw");
  const node = join(folder, "node_modules", ".bin", "node");
  const manifest = await readFile(join(home, "package.json"), "utf8").catch(() => null);
  if (manifest === null || !(await exists(node))) return null;
  const { version } = JSON.parse(manifest) as { version?: unknown };
  return version === OPENCLAW_VERSION ? { node, entry: join(home, "openclaw.mjs") } : null;
}

function npmInstall(folder: string, packages: readonly string[], path: string): Promise<void> {
  const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", ...packages];
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, {
      cwd: folder,
      env: { ...process.env, PATH: path },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`npm install ended with ${code}: ${stderr.trim().slice(-2_000)}`)),
    );
  });
}

/**
 * The real OpenClaw, installed on demand (about 100 MB down, 650 MB on disk, half a minute). Two runs at once are safe:
 * each installs beside the cache folder and one rename wins.
 */
export async function installOpenClaw(folder = openClawCacheFolder()): Promise<OpenClawInstall> {
  const found = await findOpenClaw(folder);
  if (found) return found;
  console.log(`Installing openclaw@${OPENCLAW_VERSION} and node@${NODE_VERSION} into ${folder} (once, about 650 MB).`);
  const staging = `${folder}.${process.pid}.tmp`;
  try {
    await mkdir(staging, { recursive: true });
    await writeFile(join(staging, "package.json"), JSON.stringify({ name: "openclaw-peer", private: true }));
    // OpenClaw's preinstall refuses an older Node, so its Node comes first and stands first on PATH.
    const path = process.env["PATH"] ?? "";
    await npmInstall(staging, [`node@${NODE_VERSION}`], path);
    const bin = join(staging, "node_modules", ".bin");
    await npmInstall(staging, [`openclaw@${OPENCLAW_VERSION}`], `${bin}${delimiter}${path}`);
    await mkdir(dirname(folder), { recursive: true });
    const other = await findOpenClaw(folder);
    if (!other) {
      await rm(folder, { recursive: true, force: true });
      await rename(staging, folder);
    }
  } catch (error) {
    throw new Error(
      `The real OpenClaw could not be installed into ${folder}. It needs the npm registry and 650 MB of disk; or install it yourself ` +
        `with "npm install node@${NODE_VERSION} openclaw@${OPENCLAW_VERSION}" in that folder.`,
      { cause: error },
    );
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  const installed = await findOpenClaw(folder);
  if (!installed)
    throw new Error(
      `openclaw@${OPENCLAW_VERSION} was installed into ${folder} but cannot be found there; delete that folder and try again.`,
    );
  return installed;
}
