import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.mjs";
import { run, step } from "./command.mjs";
import { ensureSystemPackages } from "./debian-packages.mjs";

const VERSION = "4.139.1";
/** Compiled on this machine, because npm has no prebuilt ones. Without spdlog an output channel stays empty. */
const NATIVE_MODULES = ["@vscode/spdlog", "@vscode/native-watchdog", "@vscode/deviceid", "@vscode/fs-copyfile"];

/**
 * The real VS Code, served to a browser: code-server from npm, in the cache folder, installed once for all clones.
 * Needs the project's Node on PATH. The folder appears complete or not at all.
 * @returns {Promise<string>} The installed package's folder.
 */
export async function ensureCodeServer() {
  const folder = join(cacheFolder(), `code-server-${VERSION}`);
  const home = join(folder, "node_modules", "code-server");
  if (await exists(join(folder, "complete"))) return home;
  await ensureSystemPackages(["compiler"]);
  await step(`VS Code in the browser (code-server ${VERSION}, about a minute)`, () => install(folder));
  return home;
}

async function install(folder) {
  await mkdir(cacheFolder(), { recursive: true });
  const draft = await mkdtemp(`${folder}.`);
  try {
    const npm = (args, cwd) =>
      run("npm", [...args, "--no-audit", "--no-fund"], {
        cwd,
        env: withoutNpmContext(process.env),
        remedy: "Check that the npm registry can be reached and that a C++ compiler and python3 are installed.",
      });
    await writeFile(join(draft, "package.json"), '{ "private": true }\n');
    await npm(["install", "--ignore-scripts", `code-server@${VERSION}`], draft);
    await npm(["rebuild", "argon2"], draft);
    const vscode = join(draft, "node_modules", "code-server", "lib", "vscode");
    await npm(["install", "--ignore-scripts", "--omit=dev"], vscode);
    await npm(["install", "--ignore-scripts", "--omit=dev"], join(vscode, "extensions"));
    await npm(["rebuild", ...NATIVE_MODULES], vscode);
    await writeFile(join(draft, "complete"), `${VERSION}\n`);
    await rename(draft, folder).catch(async (error) => {
      // Another clone was faster: its installation is as good as this one.
      if (!(await exists(join(folder, "complete")))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** An npm script's own `npm_*` variables would make the inner npm believe that it works on this project. */
function withoutNpmContext(env) {
  const context = /^npm_(package_|lifecycle_|command$|execpath$|node_execpath$|config_(local_prefix|prefix$))/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !context.test(name)));
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
