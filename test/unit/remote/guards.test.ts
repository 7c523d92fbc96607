import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { portIn } from "../../../remote/transport/find-gateway.ts";
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

describe("the port of a Gateway in the files of its host", () => {
  const marked = (config: string, runtime = "cat: no such file"): string =>
    `noise { port: 1 }\nopenclaw-config-begin\n${config}\nopenclaw-config-end\n${runtime}\nopenclaw-sidecar-end\nmore`;
  const NONE = { port: 18_789, from: "default" } as const;

  it.each([
    ["{ gateway: { port: 19000 } }", { port: 19_000, from: "openclaw.json" }],
    ["{ gateway: { port: '19000' } }", NONE],
    ["{ gateway: { port: 0 } }", NONE],
    ["{ gateway: { port: 70000 } }", NONE],
    ["{ }", NONE],
    ["cat: no such file", NONE],
    ["{ gateway: ", NONE],
    ['{ "__proto__": { gateway: { port: 1 } } }', NONE],
  ])("%s", (text, found) => {
    expect(portIn(marked(text), false)).toEqual(found);
  });

  it("is the sidecar's where OpenClaw is not set up, or where the person prefers it", () => {
    const runtime = '{"pid":1,"port":20000}';
    const sidecar = { port: 20_000, from: "sidecar" };
    expect(portIn(marked("cat: no such file", runtime), false)).toEqual(sidecar);
    expect(portIn(marked("{}", runtime), false)).toEqual(NONE);
    expect(portIn(marked("{ gateway: { port: 19000 } }", runtime), true)).toEqual(sidecar);
    expect(portIn(marked("{ gateway: { port: 19000 } }", '{"port":"x"}'), true).port).toBe(19_000);
  });

  it("is not looked for outside the marks", () => {
    expect(portIn("{ gateway: { port: 19000 } }", false)).toEqual(NONE);
    expect(portIn("openclaw-config-end {} openclaw-config-begin", false)).toEqual(NONE);
    expect(portIn("{ port: 1 } openclaw-config-begin {}", true)).toEqual(NONE);
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
