/** Where a Node was found, the most lasting place first: one that a tool may tidy away is the last to be taken. */
const SOURCES = [
  "path",
  "system",
  "homebrew",
  "volta",
  "asdf",
  "mise",
  "nodenv",
  "n",
  "nvm",
  "fnm",
  "code-server",
  "vscode-server",
] as const;

export type NodeSource = (typeof SOURCES)[number];

export interface NodeCandidate {
  readonly source: NodeSource;
  /** `24.21.0` */
  readonly version: string;
  /** Of the SQLite inside; undefined when this Node has none. */
  readonly sqlite: string | undefined;
  /** Absolute. */
  readonly path: string;
}

/** What the sidecar needs (package.json `engines`). */
const MIN_NODE = "22.19.0";

/** A line `source version sqlite path` of the probe; undefined when it is none. */
export function parseNodeCandidate(line: string): NodeCandidate | undefined {
  const [, where = "", version = "", sqlite = "", path = ""] =
    /^([a-z-]+) (\d{1,5}\.\d{1,5}\.\d{1,5})(?:-\S+)? (-|\d{1,5}\.\d{1,5}\.\d{1,5}) (\/.+)$/.exec(line) ?? [];
  const source = SOURCES.find((each) => each === where);
  return source === undefined ? undefined : { source, version, sqlite: sqlite === "-" ? undefined : sqlite, path };
}

/** The Node that is to run the sidecar: one that can, from the most lasting place, the newest of those. */
export function chooseNode(candidates: readonly NodeCandidate[]): NodeCandidate | undefined {
  return candidates
    .filter(canRunSidecar)
    .toSorted(
      (a, b) => SOURCES.indexOf(a.source) - SOURCES.indexOf(b.source) || compareVersions(b.version, a.version),
    )[0];
}

/** Whether the sidecar would start on it: the version, and a SQLite that keeps what it was given. */
export function canRunSidecar({ version, sqlite }: NodeCandidate): boolean {
  return compareVersions(version, MIN_NODE) >= 0 && sqlite !== undefined && isSafeSqlite(sqlite);
}

/** Without the WAL-reset bug (sqlite.org: repaired in 3.51.3, and in 3.50.7 and 3.44.6); the sidecar refuses the others. */
export function isSafeSqlite(version: string): boolean {
  const least = ["3.51.3", "3.50.7", "3.44.6"];
  const inLine = least.find((each) => minorOf(each) === minorOf(version));
  return compareVersions(version, inLine ?? "3.52.0") >= 0;
}

const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

/** Negative when `a` is older than `b`. Both are `x.y.z`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
