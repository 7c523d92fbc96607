import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { SshEnvironment } from "../../remote/ssh/config/environment.ts";
import { expandPath } from "../../remote/ssh/config/expand.ts";
import { globFiles } from "../../remote/ssh/config/glob.ts";
import { parseConfigLine } from "../../remote/ssh/config/line.ts";
import { parseSshTarget } from "../../remote/target/ssh-target.ts";

const MOST_DEPTH = 4;
const MOST_HOSTS = 500;

/** A host of the person's ssh_config. */
export interface SshHost {
  readonly alias: string;
  /** `18789 → localhost:18789` for each LocalForward of its own: where its Gateway may be. It is shown, and not opened. */
  readonly forwards: readonly string[];
}

/**
 * The host aliases of the person's own ssh_config and its Includes, in file order, without patterns. For a list to choose
 * from: what cannot be read is left out, since connecting says it better.
 */
export async function listSshHosts(environment: SshEnvironment): Promise<readonly SshHost[]> {
  const own = environment.configFiles[0];
  if (own === undefined) return [];
  const hosts = new Map<string, string[]>();
  await collect({ path: own.path, includeFrom: own.includeFrom, depth: 0 }, { environment, hosts });
  return [...hosts].slice(0, MOST_HOSTS).map(([alias, forwards]) => ({ alias, forwards }));
}

async function collect(
  file: { readonly path: string; readonly includeFrom: string; readonly depth: number },
  into: { readonly environment: SshEnvironment; readonly hosts: Map<string, string[]> },
): Promise<void> {
  if (file.depth > MOST_DEPTH || into.hosts.size >= MOST_HOSTS) return;
  const text = await readFile(file.path, "utf8").catch(() => "");
  let block: readonly string[] = [];
  for (const line of text.split("\n")) {
    const directive = parseConfigLine(line);
    if (directive === undefined || "fault" in directive) continue;
    const { keyword, args } = directive;
    if (keyword === "host") {
      block = args.filter(isAlias);
      for (const alias of block) if (!into.hosts.has(alias)) into.hosts.set(alias, []);
    }
    if (keyword === "match") block = [];
    if (keyword === "localforward" && args.length === 2)
      for (const alias of block) into.hosts.get(alias)?.push(args.join(" → "));
    if (keyword !== "include") continue;
    for (const pattern of args)
      for (const path of await included(pattern, file.includeFrom, into.environment))
        await collect({ ...file, path, depth: file.depth + 1 }, into);
  }
}

function isAlias(word: string): boolean {
  if (/[*?!]/.test(word)) return false;
  try {
    return parseSshTarget(word).user === undefined;
  } catch {
    return false;
  }
}

async function included(pattern: string, from: string, environment: SshEnvironment): Promise<readonly string[]> {
  try {
    const rooted = isAbsolute(pattern) || /^[~$]/.test(pattern) ? pattern : join(from, pattern);
    return await globFiles(expandPath(rooted, {}, environment));
  } catch {
    return [];
  }
}
