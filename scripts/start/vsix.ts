import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The package that `npm run package` made. */
export async function vsixPath(root: string): Promise<string> {
  const { name, version }: { name: string; version: string } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  );
  return join(root, "dist", `${name}-${version}.vsix`);
}
