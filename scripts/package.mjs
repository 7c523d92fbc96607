import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { readFile, stat } from "node:fs/promises";

/** Packs dist/ into a VSIX. Fails when a file would go in that no user needs. */
const ALLOWED = /^(dist\/|media\/|package(\.nls(\.[a-z-]+)?)?\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/;

const { name, version } = JSON.parse(await readFile("package.json", "utf8"));
const files = await listFiles({ packageManager: PackageManager.None });
const strangers = files.filter((file) => !ALLOWED.test(file));
if (strangers.length > 0) {
  process.stderr.write(
    `These files do not belong into the package (see .vscodeignore):\n  ${strangers.join("\n  ")}\n`,
  );
  process.exit(1);
}
const packagePath = `dist/${name}-${version}.vsix`;
await createVSIX({
  dependencies: false,
  packagePath,
  allowMissingRepository: true,
  // The project has no public address that the README's relative links could be made absolute with.
  rewriteRelativeLinks: false,
});
const { size } = await stat(packagePath);
process.stdout.write(`${packagePath}: ${files.length} files, ${(size / 1024).toFixed(0)} KiB\n`);
