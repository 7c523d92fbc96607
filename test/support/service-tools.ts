import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { NODE } from "./sidecar.ts";

/** Keeps whether somebody lingers in a file beside itself; the first word is the verb. */
const LOGINCTL = `#!/bin/sh
case "$1" in
  enable-linger) touch "$0.$2" ;;
  show-user) if [ -e "$0.$2" ]; then echo yes; else echo no; fi ;;
esac
`;

/**
 * Puts stand-ins for systemd's commands into a directory. `calls` in it gets every call of systemctl.
 * @returns the environment in which they are found
 */
export async function makeServiceTools(directory: string): Promise<Record<string, string>> {
  await mkdir(directory, { recursive: true });
  const systemctl = join(directory, "systemctl");
  await copyFile(join(import.meta.dirname, "fake-systemctl.mjs"), systemctl);
  await chmod(systemctl, 0o755);
  await writeFile(join(directory, "loginctl"), LOGINCTL, { mode: 0o755 });
  const path = [directory, dirname(NODE), process.env["PATH"] ?? ""].join(delimiter);
  return { PATH: path, FAKE_SYSTEMD_DIR: directory, XDG_RUNTIME_DIR: directory, XDG_CONFIG_HOME: "" };
}
