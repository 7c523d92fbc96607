import { access, readdir, rm, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import { delimiter, join } from "node:path";
import { run, SetupError, step } from "./command.mjs";

/**
 * What the tests need of the system, how to see that it is there, and the Debian packages that bring it. Of what is optional
 * a test says so when it goes without.
 */
const NEEDS = {
  browser: { packages: ["chromium"], present: () => anyCommand(["chromium", "chromium-browser", "google-chrome"]) },
  fonts: { packages: ["fonts-noto-cjk", "fonts-dejavu-core"], present: hasCjkFont },
  sshServer: { packages: ["openssh-server"], present: () => anyCommand(["sshd"]) },
  sshClient: { packages: ["openssh-client"], present: () => anyCommand(["ssh", "ssh-keygen"], { all: true }) },
  compiler: {
    packages: ["build-essential", "python3"],
    present: () => anyCommand(["g++", "make", "python3"], { all: true }),
  },
  tools: { packages: ["openssl", "procps"], present: () => anyCommand(["openssl", "ps"], { all: true }) },
  shells: {
    packages: ["fish", "csh", "tcsh"],
    present: () => anyCommand(["fish", "csh", "tcsh"], { all: true }),
    isOptional: true,
  },
  faults: {
    packages: ["iproute2", "strace"],
    present: () => anyCommand(["ip", "strace"], { all: true }),
    isOptional: true,
  },
};

/**
 * Installs what is missing of the named needs, with one `apt-get update`.
 * Throws a SetupError with the remedy where this is not Debian or not root, unless all that is missing is optional.
 * @param {readonly (keyof typeof NEEDS)[]} names
 */
export async function ensureSystemPackages(names) {
  const missing = [];
  for (const name of names) if (!(await NEEDS[name].present())) missing.push(NEEDS[name]);
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.packages);
  const list = packages.join(" ");
  const byHand = await remedyByHand(list);
  if (byHand !== undefined) {
    if (!missing.every((need) => need.isOptional)) throw new SetupError(`This system lacks: ${list}.`, byHand);
    process.stdout.write(`set-up: without ${list} some tests are left out. ${byHand}\n`);
    return;
  }
  const remedy = `Try it by hand: apt-get update && apt-get install ${list}`;
  await step(`system packages (apt-get install ${list})`, async () => {
    await run("apt-get", ["update", "-qq"], { remedy });
    await withoutStartingServices(() =>
      run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        remedy,
      }),
    );
  });
}

/** What a person has to do where we may not install; undefined where we may. */
async function remedyByHand(list) {
  if (!(await anyCommand(["apt-get"]))) return "Install them with your package manager (the names are Debian's).";
  return process.getuid?.() === 0 ? undefined : `Run: sudo apt-get install ${list}`;
}

/** Debian starts a service as soon as it is installed; a test rig must not open this machine's port 22. */
async function withoutStartingServices(work) {
  const policy = "/usr/sbin/policy-rc.d";
  const ours = await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755, flag: "wx" }).then(
    () => true,
    () => false,
  );
  try {
    return await work();
  } finally {
    if (ours) await rm(policy, { force: true });
  }
}

async function anyCommand(names, { all = false } = {}) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/bin"];
  const found = await Promise.all(names.map((name) => isExecutableIn(folders, name)));
  return all ? found.every(Boolean) : found.some(Boolean);
}

async function isExecutableIn(folders, name) {
  for (const folder of folders) {
    try {
      await access(join(folder, name), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}

/** Screenshots of Chinese text need glyphs. Elsewhere than on Linux the system brings them. */
async function hasCjkFont() {
  if (process.platform !== "linux") return true;
  const names = await readdir("/usr/share/fonts", { recursive: true }).catch(() => []);
  return names.some((name) => /cjk|wqy|sourcehan|droidsansfallback/i.test(name));
}
