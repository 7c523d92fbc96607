import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && readable(file));
const sources = files.filter((file) => /\.(?:tsx?|mjs)$/.test(file));

/** Which rooms a room may import besides itself, and whether it may use Node, `vscode` and a DOM. */
const ROOMS = {
  protocol: { rooms: [], node: false, vscode: false },
  remote: { rooms: ["protocol"], node: true, vscode: false },
  sidecar: { rooms: ["protocol"], node: true, vscode: false },
  extension: { rooms: ["protocol", "remote"], node: true, vscode: true },
  webview: { rooms: ["protocol"], node: false, vscode: false },
} as const satisfies Record<string, { rooms: readonly string[]; node: boolean; vscode: boolean }>;

/** The parts of the extension that speak to VS Code; all other parts take ports, so that their tests need no mock. */
const VSCODE_PARTS =
  /^extension\/(?:(?:extension|main|container)\.ts|(?:commands|platform|ui|chat|health|status-bar|trees|approvals)\/)/;

describe.each(Object.entries(ROOMS))("%s", (room, rules) => {
  const own = sources.filter((file) => file.startsWith(`${room}/`));

  test("has files", () => expect(own).not.toEqual([]));

  test("imports only the rooms below it", () => {
    const foreign = importsOf(own).flatMap(({ file, target }) => {
      const other = target.startsWith(".") ? roomOf(file, target) : undefined;
      if (other === undefined || other === room || rules.rooms.some((allowed) => allowed === other)) return [];
      return file.startsWith("sidecar/cli/") && other === "remote" ? [] : [`${file} imports ${target}`];
    });
    expect(foreign).toEqual([]);
  });

  test("uses only the platform that it may", () => {
    const foreign = importsOf(own).flatMap(({ file, target }) => {
      const forbidden = (!rules.node && /^(?:node:|ws$|ssh2$)/.test(target)) || (!rules.vscode && target === "vscode");
      return forbidden ? [`${file} imports ${target}`] : [];
    });
    expect(foreign).toEqual([]);
  });
});

test("only the composition root, commands, views and platform adapters know vscode", () => {
  const others = importsOf(sources.filter((file) => file.startsWith("extension/") && !VSCODE_PARTS.test(file)));
  expect(others.filter(({ target }) => target === "vscode").map(({ file }) => file)).toEqual([]);
});

test("no source file is longer than 500 lines", () => {
  const long = sources.filter((file) => read(file).split("\n").length > 501);
  expect(long).toEqual([]);
});

test("no file is a drawer for everything", () => {
  expect(sources.filter((file) => /^(?:utils?|helpers?|misc|common|manager)\./.test(basename(file)))).toEqual([]);
});

test("no tracked text names a folder of one machine", () => {
  const machinePath = new RegExp(`(?<![\\w.~$}-])/(?:${["work", "root", "Users"].join("|")})/`);
  const text = files.filter((file) => !/\.(?:png|ttf|ico|gif)$/.test(file));
  expect(
    text.filter((file) => machinePath.test(read(file)) || read(file).includes(join(root, "node_modules"))),
  ).toEqual([]);
});

function importsOf(paths: readonly string[]): { file: string; target: string }[] {
  const pattern = /(?:^|[\s;}])(?:from|import)\s*\(?\s*["']([^"']+)["']/g;
  return paths.flatMap((file) =>
    [...read(file).matchAll(pattern)].flatMap(([, target]) => (target === undefined ? [] : [{ file, target }])),
  );
}

function roomOf(file: string, target: string): string | undefined {
  return posix.normalize(posix.join(dirname(file), target)).split("/")[0];
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** A file that was deleted but not yet committed is listed and cannot be read. */
function readable(file: string): boolean {
  try {
    readFileSync(join(root, file));
    return true;
  } catch {
    return false;
  }
}
