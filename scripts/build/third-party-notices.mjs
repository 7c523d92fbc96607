import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The licence texts of every npm package that esbuild put into a bundle, for dist/THIRD-PARTY-NOTICES.txt.
 * @param {readonly string[]} inputs the paths in the metafiles, relative to the project
 */
export async function thirdPartyNotices(inputs) {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  const notices = await Promise.all([...folders].sort().map(noticeOf));
  return notices.join(`\n${"-".repeat(80)}\n\n`);
}

/** The innermost package that a path lies in, or undefined for our own files. */
function packageFolder(path) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

async function noticeOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  const text = file === undefined ? "" : `\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  return `${name} ${version} (${license ?? "see its licence"})\n${text}`;
}
