import { readdir, stat } from "node:fs/promises";
import { join, parse, sep } from "node:path";
import { matchesWildcard } from "../wildcard.ts";

/** Files that an absolute Include pattern names, sorted; a hidden file needs its dot written out, as in glob(7). */
export async function globFiles(pattern: string): Promise<readonly string[]> {
  const { root } = parse(pattern);
  const segments = pattern
    .slice(root.length)
    .split(/[\\/]/)
    .filter((segment) => segment !== "");
  let places = [root === "" ? sep : root];
  for (const segment of segments) {
    if (!/[*?]/.test(segment)) {
      places = places.map((place) => join(place, segment));
      continue;
    }
    const found = await Promise.all(places.map(async (place) => matchingIn(place, segment)));
    places = found.flat();
  }
  const kinds = await Promise.all(places.map(async (place) => isFile(place)));
  return places.filter((_place, index) => kinds[index] === true).sort();
}

async function matchingIn(directory: string, segment: string): Promise<string[]> {
  const names = await readdir(directory).catch((): string[] => []);
  return names
    .filter((name) => (segment.startsWith(".") || !name.startsWith(".")) && matchesWildcard(name, segment))
    .map((name) => join(directory, name));
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
