import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { run, step } from "./command.mjs";

/** Installs exactly what the lock file says, unless npm's own record shows that it is installed already. */
export async function ensureNpmDependencies(root) {
  if (!(await isInstalled(root))) {
    await step("npm dependencies (npm ci)", () =>
      run("npm", ["ci", "--no-audit", "--no-fund"], {
        cwd: root,
        remedy: "Check that the npm registry can be reached.",
      }),
    );
  }
  useProjectNode(root);
}

/** Puts the project's pinned Node and tools first on PATH for everything that is started from here. */
function useProjectNode(root) {
  const bin = join(root, "node_modules", ".bin");
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== bin);
  process.env.PATH = [bin, ...path].join(delimiter);
}

/** npm writes its hidden lock file last, so a broken or older installation does not match the lock file. */
async function isInstalled(root) {
  const [wanted, installed] = await Promise.all([
    readPackages(join(root, "package-lock.json")),
    readPackages(join(root, "node_modules", ".package-lock.json")),
  ]);
  if (installed === undefined) return false;
  const expected = Object.entries(wanted).filter(([path]) => path !== "");
  const known = new Set(expected.map(([path]) => path));
  return (
    expected.every(([path, { version, optional }]) =>
      installed[path] ? installed[path].version === version : optional,
    ) && Object.keys(installed).every((path) => known.has(path))
  );
}

async function readPackages(file) {
  try {
    return JSON.parse(await readFile(file, "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
