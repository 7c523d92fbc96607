import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { portsIn } from "../../../remote/transport/find-gateway.ts";
import { matchesWildcard } from "../../../remote/ssh/wildcard.ts";

const ROOT = join(import.meta.dirname, "../../..");

function sources(): readonly (readonly [string, string])[] {
  return ["remote", "extension", "sidecar"].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [join(room, name), readFileSync(join(ROOT, room, name), "utf8")] as const),
  );
}

describe("what must not creep into the code", () => {
  it("makes an ssh2 client in exactly one place, and only with a host verifier", () => {
    const makers = sources().filter(([, text]) => /new (?:ssh2\.)?Client\(/.test(text));
    expect(makers.map(([name]) => name)).toEqual([join("remote", "ssh", "session", "guarded-client.ts")]);
    expect(makers[0]?.[1]).toContain("hostVerifier:");
  });

  it("makes a client WebSocket in exactly one place, without compression or redirects", () => {
    const makers = sources().filter(([, text]) => /new WebSocket\(/.test(text));
    expect(makers.map(([name]) => name)).toEqual([join("remote", "socket", "upgrade.ts")]);
    expect(makers[0]?.[1]).toMatch(/perMessageDeflate: false,\s+followRedirects: false/);
  });
});

describe("the ports of a Gateway in the files of its host", () => {
  const ABSENT = "cat: no such file";
  const marked = (config: string, runtime = ABSENT, lock = ABSENT): string =>
    `noise { port: 1 }\nopenclaw-config-begin\n${config}\nopenclaw-config-end\n${runtime}\nopenclaw-sidecar-end\n${lock}\n`;
  const NONE = { port: 18_789, from: "default" } as const;
  const configured = { port: 19_000, from: "openclaw.json" } as const;

  it.each([
    ["{ gateway: { port: 19000 } }", configured],
    ["{ gateway: { port: '19000' } }", NONE],
    ["{ gateway: { port: 0 } }", NONE],
    ["{ gateway: { port: 70000 } }", NONE],
    ["{ }", NONE],
    [ABSENT, NONE],
    ["{ gateway: ", NONE],
    ['{ "__proto__": { gateway: { port: 1 } } }', NONE],
  ])("%s", (text, found) => {
    expect(portsIn(marked(text), false)).toEqual([found]);
  });

  it("are the sidecar's where OpenClaw is not set up, or where the person prefers it", () => {
    const runtime = '{"pid":1,"port":20000}';
    const sidecar = { port: 20_000, from: "sidecar" };
    expect(portsIn(marked(ABSENT, runtime), false)).toEqual([sidecar]);
    expect(portsIn(marked("{}", runtime), false)).toEqual([NONE]);
    expect(portsIn(marked("{ gateway: { port: 19000 } }", runtime), true)).toEqual([sidecar]);
    expect(portsIn(marked("{ gateway: { port: 19000 } }", '{"port":"x"}'), true)).toEqual([configured]);
  });

  it("begin with the one that OpenClaw wrote down when it started, unless the config says the same", () => {
    const lock = '{\n  "pid": 7,\n  "port": 29791\n}\n\t \t';
    const started = { port: 29_791, from: "lock file" };
    expect(portsIn(marked("{ gateway: { port: 19000 } }", ABSENT, lock), false)).toEqual([started, configured]);
    expect(portsIn(marked(ABSENT, ABSENT, `${lock}\n${lock}`), false)).toEqual([started, NONE]);
    expect(portsIn(marked("{ gateway: { port: 29791 } }", ABSENT, lock), false)).toHaveLength(1);
    expect(portsIn(marked("{}", '{"port":20000}', lock), true)).toEqual([{ port: 20_000, from: "sidecar" }]);
    for (const bad of ["{", '{"port":"29791"}', '{"port":0}', "zsh: no matches found"])
      expect(portsIn(marked("{}", ABSENT, bad), false), bad).toEqual([NONE]);
  });

  it("are not looked for outside the marks", () => {
    expect(portsIn("{ gateway: { port: 19000 } }", false)).toEqual([NONE]);
    expect(portsIn("openclaw-config-end {} openclaw-config-begin", false)).toEqual([NONE]);
    expect(portsIn("{ port: 1 } openclaw-config-begin {}", true)).toEqual([NONE]);
    expect(portsIn('openclaw-sidecar-end {"port": 29791} openclaw-config-begin', false)).toEqual([NONE]);
  });
});

describe("OpenSSH's patterns", () => {
  it.each([
    ["home", "home", true],
    ["home", "h*e", true],
    ["home", "h?me", true],
    ["home", "h?e", false],
    ["home", "*", true],
    ["", "*", true],
    ["", "?", false],
    ["a.b.example", "*.example", true],
    ["example", "*.example", false],
    ["aXbXc", "a*b*c", true],
    ["a[b", "a[b", true],
  ])("%j against %j is %s", (text, pattern, matches) => {
    expect(matchesWildcard(text, pattern)).toBe(matches);
  });

  it("are answered quickly whatever they look like", () => {
    const startedAt = performance.now();
    expect(matchesWildcard("a".repeat(5_000), `${"*a".repeat(500)}b`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
