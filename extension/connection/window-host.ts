import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../remote/net/dial.ts";

/** The host that this window of VS Code is on (Remote-SSH, WSL, a dev container, code-server). */
export interface WindowHost {
  /**
   * Tells it from every other host. On this computer it is VS Code's remote authority, `ssh-remote+home`. An extension that
   * runs on the host is not told the authority: there it is the name of the host and what was drawn for it once, `home/1f…`.
   */
  readonly id: string;
  /** Whether this extension runs on the host itself, and not on the computer of the person. */
  readonly isHere: boolean;
}

/** What VS Code knows of this window's host and of the way there. */
export interface RemoteWindow {
  /** `undefined` for a window on this computer, and when it cannot be told for sure which host it is. */
  host(): Promise<WindowHost | undefined>;
  /** The near end of VS Code's own forwarding to a loopback port of the host; VS Code keeps it and ends it. */
  forward(port: number): PromiseLike<string>;
}

/** A `vscode.Uri`, as far as it counts here. */
interface Place {
  readonly scheme: string;
  readonly authority: string;
}

/**
 * Pure: the remote authority of a window, by the places that are open in it. Folders can be named by a workspace file; so
 * all of them must agree with each other, with the file, and with the kind of remote that VS Code names.
 */
export function windowAuthority(open: {
  readonly remoteName: string | undefined;
  readonly workspaceFile: Place | undefined;
  readonly folders: readonly Place[];
}): string | undefined {
  const { remoteName, workspaceFile, folders } = open;
  const file = workspaceFile?.scheme === "untitled" ? undefined : workspaceFile;
  if (remoteName === undefined || (file !== undefined && file.scheme !== "vscode-remote")) return undefined;
  const remote = folders.filter(({ scheme }) => scheme === "vscode-remote");
  const found = new Set([...(file === undefined ? [] : [file]), ...remote].map(({ authority }) => authority));
  const [authority] = found;
  if (authority === undefined || found.size !== 1 || !isWindowId(authority) || authority.includes("/"))
    return undefined;
  return authority.split("+")[0] === remoteName ? authority : undefined;
}

/** Whether a text can name the host of a window; what a person has edited by hand is looked at too. */
export function isWindowId(text: string): boolean {
  return /^[A-Za-z0-9._~%+@:,=[\]/-]{1,300}$/.test(text);
}

const DRAWN = /^[0-9a-f]{16}$/;
const FILE = "host-id";

/**
 * The name of this computer and a number that was drawn for it once: two containers may be called the same.
 * @param directory of the extension, on this computer
 */
export async function ownHostId(directory: string, hostname: string): Promise<string> {
  const path = join(directory, FILE);
  const name = hostname.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 100);
  await mkdir(directory, { recursive: true });
  await writeFile(path, randomBytes(8).toString("hex"), { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const drawn = (await readFile(path, "utf8")).trim();
  if (!DRAWN.test(drawn)) throw new Error(`${path} does not hold the id of this host`);
  return `${name}/${drawn}`;
}
