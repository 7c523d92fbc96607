import { StartupError } from "./startup-error.ts";

/** `engines.node` of package.json: major and minor. */
export const LEAST_NODE: readonly [major: number, minor: number] = [22, 19];

/** Whether a Node of this version (`24.1.0`) can run the sidecar. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
}

/** @throws StartupError when this Node is too old to run the sidecar */
export function checkNode(version: string = process.versions.node): void {
  if (isNewEnough(version)) return;
  throw new StartupError(
    `The sidecar needs Node ${LEAST_NODE.join(".")} or newer; ${process.execPath} is ${version}. Install a newer Node, or run this with another one.`,
  );
}
