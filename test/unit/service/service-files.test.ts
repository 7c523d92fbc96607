import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serviceName } from "../../../sidecar/service/supervised.ts";
import { launchdPlist } from "../../../sidecar/service/supervisor/launchd.ts";
import type { ServiceCommand } from "../../../sidecar/service/supervisor/supervisor.ts";
import { systemdUnit } from "../../../sidecar/service/supervisor/systemd.ts";
import { quoteArgument, windowsTask } from "../../../sidecar/service/supervisor/windows-task.ts";

/** Everything that means something to one of the three formats. */
const ODD = `o'd d $HOME %h "q" <a&b> \\x`;

const command = (root: string): ServiceCommand => ({
  node: `${root}/node`,
  script: `${root}/sidecar.mjs`,
  args: ["--state-dir", `${root}/state`, "--port", "18789"],
  stateDir: `${root}/state`,
  envFile: `${root}/state/service.env`,
  output: `${root}/state/logs/sidecar.out`,
});

const wanted = (root: string): readonly string[] => [
  `--env-file-if-exists=${root}/state/service.env`,
  `${root}/sidecar.mjs`,
  "run",
  "--state-dir",
  `${root}/state`,
  "--port",
  "18789",
];

const VERIFIER = "systemd-analyze";
const hasSystemd = spawnSync(VERIFIER, ["--version"]).status === 0;
const NO_SYSTEMD = "systemd-analyze is not installed here";

/** As much of the DOM as is looked at; jsdom comes without types. */
interface XmlElement {
  readonly tagName: string;
  readonly textContent: string;
  readonly nextElementSibling: XmlElement | null;
  querySelector(selector: string): XmlElement | null;
  querySelectorAll(selector: string): Iterable<XmlElement>;
}
const jsdom: string = "jsdom";
const { JSDOM } = (await import(jsdom)) as {
  JSDOM: new () => { window: { DOMParser: new () => { parseFromString(text: string, type: string): XmlElement } } };
};
const parseXml = (text: string): XmlElement =>
  new new JSDOM().window.DOMParser().parseFromString(text, "application/xml");

describe("the systemd unit", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "openclaw-unit-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const verify = (unit: string): { status: number | null; said: string } => {
    const path = join(dir, "openclaw-sidecar.service");
    writeFileSync(path, unit);
    const env = { ...process.env, XDG_RUNTIME_DIR: dir, HOME: dir };
    const { status, stderr, stdout } = spawnSync(VERIFIER, ["--user", "verify", path], { env, encoding: "utf8" });
    return { status, said: `${stdout}${stderr}` };
  };

  it("is accepted by systemd itself, whatever the paths are", ({ skip }) => {
    skip(!hasSystemd, NO_SYSTEMD);
    for (const name of ["plain", ODD]) {
      const root = join(dir, name);
      mkdirSync(root);
      writeFileSync(join(root, "node"), "#!/bin/sh\n");
      chmodSync(join(root, "node"), 0o755);
      expect(verify(systemdUnit(command(root)))).toEqual({ status: 0, said: "" });
    }
  });

  it("would be refused with a key that systemd does not know", ({ skip }) => {
    skip(!hasSystemd, NO_SYSTEMD);
    expect(verify(systemdUnit(command(dir)).replace("UMask", "UMusk")).said).toContain("UMusk");
  });

  it("escapes what systemd would expand", () => {
    expect(systemdUnit(command("/opt/%h/$x"))).toContain('ExecStart=:"/opt/%%h/$x/node" ');
  });

  it("comes back after a crash, not after a stop, and gives running answers their time", () => {
    const lines = systemdUnit(command("/opt/sidecar")).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining(["Restart=on-failure", "KillMode=mixed", "TimeoutStopSec=30", "NoNewPrivileges=yes"]),
    );
  });
});

describe("the launch agent", () => {
  it("hands launchd every argument as it is", () => {
    const root = `/Volumes/${ODD}`;
    const plist = parseXml(launchdPlist("ai.openclaw.sidecar", command(root)));
    const words = [...plist.querySelectorAll("array > string")].map(({ textContent }) => textContent);
    expect(words).toEqual([`${root}/node`, ...wanted(root), "--quiet"]);
    const keys = [...plist.querySelectorAll("plist > dict > key")];
    const valueOf = (key: string) => keys.find(({ textContent }) => textContent === key)?.nextElementSibling;
    expect(valueOf("Label")?.textContent).toBe("ai.openclaw.sidecar");
    expect(valueOf("RunAtLoad")?.tagName).toBe("true");
    expect(valueOf("KeepAlive")?.querySelector("key")?.textContent).toBe("SuccessfulExit");
    expect(Number(valueOf("Umask")?.textContent).toString(8)).toBe("77");
    expect(valueOf("StandardErrorPath")?.textContent).toBe(`${root}/state/logs/sidecar.out`);
  });
});

describe("the scheduled task", () => {
  it("is whole XML that runs node with every argument as it is, for this user, without a time limit", () => {
    const root = `C:\\o'd d %USERNAME% <a&b>`;
    const text = windowsTask("HOME\\alice & co", { ...command(root), script: `${root}\\sidecar.mjs` });
    // A parser refuses the declaration when the text is already decoded.
    const task = parseXml(text.replace(/^<\?xml.*\n/, ""));
    const textOf = (name: string): string | null | undefined => task.querySelector(name)?.textContent;
    expect(textOf("Exec > Command")).toBe(`${root}/node`);
    expect(splitArguments(textOf("Exec > Arguments") ?? "")).toEqual(
      [...wanted(root), "--quiet"].map((word) => word.replace(`${root}/sidecar.mjs`, `${root}\\sidecar.mjs`)),
    );
    expect(textOf("Exec > WorkingDirectory")).toBe(root);
    expect(textOf("LogonTrigger > UserId")).toBe("HOME\\alice & co");
    expect(textOf("Settings > ExecutionTimeLimit")).toBe("PT0S");
    expect(textOf("Principal > RunLevel")).toBe("LeastPrivilege");
  });

  it.each(["plain", "", "a b", 'say "hi"', "C:\\dir\\", "C:\\my dir\\", 'end\\"', "\\\\host\\share x\\\\"])(
    "quotes %j so that it arrives as it is",
    (word) => expect(splitArguments(`x ${quoteArgument(word)} y`)).toEqual(["x", word, "y"]),
  );
});

describe("a service", () => {
  it("is called after its profile, and after its directory where there is none", () => {
    expect(serviceName("/home/a/.openclaw-sidecar", "/home/a")).toBe("openclaw-sidecar");
    expect(serviceName("/home/a/.openclaw-sidecar-work", "/home/a")).toBe("openclaw-sidecar-work");
    const odd = serviceName("/srv/gate way", "/home/a");
    expect(odd).toMatch(/^openclaw-sidecar-[0-9a-f]{8}$/);
    expect(serviceName("/srv/gate-way", "/home/a")).not.toBe(odd);
    expect(serviceName("/srv/.openclaw-sidecar-work", "/home/a")).toMatch(/-[0-9a-f]{8}$/);
  });
});

/** How a program on Windows takes its command line apart (CommandLineToArgvW), written from its documentation. */
function splitArguments(line: string): readonly string[] {
  const words: string[] = [];
  let word = "";
  let isQuoted = false;
  let hasWord = false;
  for (let index = 0; index < line.length;) {
    const slashes = /^\\*/.exec(line.slice(index))?.[0].length ?? 0;
    const next = line[index + slashes];
    if (slashes > 0) {
      word += "\\".repeat(next === '"' ? Math.floor(slashes / 2) : slashes);
      hasWord = true;
      index += slashes;
      if (next === '"' && slashes % 2 === 1) {
        word += '"';
        index += 1;
      }
    } else if (next === '"') {
      isQuoted = !isQuoted;
      hasWord = true;
      index += 1;
    } else if (next === " " && !isQuoted) {
      if (hasWord) words.push(word);
      [word, hasWord] = ["", false];
      index += 1;
    } else {
      word += next ?? "";
      hasWord = true;
      index += 1;
    }
  }
  if (hasWord) words.push(word);
  return words;
}
