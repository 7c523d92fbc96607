import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostProbe, probeEvidence, readProbe } from "../../../remote/onboarding/probe-host.ts";
import { anyText } from "./any-text.ts";

type Told = Readonly<Record<string, string | readonly string[]>>;
const output = (values: Told, files: Readonly<Record<string, string>> = {}) => {
  const all = (name: string) => [values[name] ?? []].flat();
  return { all, first: (name: string) => all(name)[0], file: (name: string) => files[name] };
};
const BARE = { os: "Linux", arch: "x86_64", uid: "1000", home: "/h" };
const read = (values: Told, files?: Readonly<Record<string, string>>) => readProbe(output(values, files), "alice@home");

describe("what a host has told about itself", () => {
  it("is taken whole from a bare one", () => {
    expect(read(BARE)).toEqual({
      host: "alice@home",
      os: "Linux",
      arch: "x86_64",
      uid: 1000,
      home: "/h",
      nodes: [],
      openclaw: {
        commands: [],
        stateDir: "/h/.openclaw",
        configPath: undefined,
        port: undefined,
        authMode: undefined,
        running: [],
      },
      sidecar: { stateDir: "/h/.openclaw-sidecar", installed: [], running: undefined },
    });
  });

  it("names a running sidecar only when its process lives", () => {
    const runtime = { "sidecar-runtime": '{"pid":41,"port":18789,"version":"1.0.0"}' };
    expect(read({ ...BARE, "sidecar-pid": "41" }, runtime).sidecar.running).toEqual({
      pid: 41,
      port: 18_789,
      version: "1.0.0",
    });
    expect(read(BARE, runtime).sidecar.running).toBeUndefined();
    expect(read({ ...BARE, "sidecar-pid": "42" }, runtime).sidecar.running).toBeUndefined();
  });

  it("names a running OpenClaw by its lock file, and leaves out one that tells no port or no place", () => {
    const lock = (more: object) =>
      `${JSON.stringify({ pid: 7, stateDir: "/h/.openclaw-rescue", configPath: "/h/c.json", port: 19_789, ...more })}\n\t`;
    const running = (text: string) =>
      read({ ...BARE, "openclaw-run": "openclaw-run-1" }, { "openclaw-run-1": text }).openclaw.running;
    const found = { port: 19_789, stateDir: "/h/.openclaw-rescue", configPath: "/h/c.json", profile: "rescue" };
    expect(running(lock({}))).toEqual([found]);
    expect(running(lock({ stateDir: "/h/.openclaw" }))).toMatchObject([{ profile: undefined }]);
    expect(running(lock({ stateDir: "/srv/claw\u202e" }))[0]?.profile).not.toContain("\u202e");
    const bad = [{ port: 0 }, { port: "1" }, { port: 70_000 }, { stateDir: "here" }, { configPath: undefined }];
    for (const text of [...bad.map(lock), "", "{", "[]", "null"]) expect(running(text), text).toEqual([]);
  });

  it("names a Node and a command once", () => {
    const twice = {
      ...BARE,
      node: ["path 24.21.0 3.53.0 /n/node", "nvm 24.21.0 3.53.0 /n/node"],
      openclaw: ["/o", "o", "/o"],
    };
    const seen = read(twice);
    expect(seen.nodes.map(({ source }) => source)).toEqual(["path"]);
    expect(seen.openclaw.commands).toEqual(["/o"]);
  });

  it("is refused without a home directory", () => {
    expect(() => read({ ...BARE, home: "" })).toThrow(expect.objectContaining({ code: "HOST_UNSUPPORTED" }));
    expect(() => read({ ...BARE, home: "relative" })).toThrow(expect.objectContaining({ code: "HOST_UNSUPPORTED" }));
  });

  it("is a probe without a port that is none and without a sign that cannot be seen, whatever it says", () => {
    const file = fc.oneof(
      anyText,
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ gateway: value, pid: 1, port: value })),
    );
    const values = fc.record({
      os: anyText,
      arch: anyText,
      uid: anyText,
      node: fc.array(anyText),
      openclaw: fc.array(anyText),
    });
    fc.assert(
      fc.property(values, file, file, (told, config, runtime) => {
        const seen = read(
          { ...told, home: "/h", "sidecar-pid": "1" },
          { "openclaw-config": config, "sidecar-runtime": runtime },
        );
        for (const port of [seen.openclaw.port, seen.sidecar.running?.port]) {
          if (port !== undefined) expect(Number.isInteger(port) && port > 0 && port <= 65_535).toBe(true);
        }
        const probe: HostProbe = { ...seen, gateways: [] };
        expect(probeEvidence(probe)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});
