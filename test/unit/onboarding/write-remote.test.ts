import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import JSON5 from "json5";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { type RemoteChange, editRemoteDefaults, writeRemoteDefaults } from "../../../remote/config/write-remote.ts";
import { anyText } from "./any-text.ts";

const edit = (text: string, change: RemoteChange): string => editRemoteDefaults(text, "/h/openclaw.json", change);

describe("a change of gateway.remote", () => {
  it("touches nothing but the value", () => {
    const text = `// my Gateway
{
  /* order
     matters */
  zeta: [1, 2,], 'alpha': "it's", // odd
  gateway: {
    mode: 'local', // was remote
    remote: {
      url: "ws://127.0.0.1:18789", // tunnel
      transport: "ssh",
    },
    port: 18789,
  },
}
`;
    expect(edit(text, { mode: "remote", url: "wss://gw.example" })).toBe(
      text.replace("'local'", '"remote"').replace("ws://127.0.0.1:18789", "wss://gw.example"),
    );
  });

  it("adds keys like their neighbours, after the comment of the last one", () => {
    const text = "{\n\tgateway: {\n\t\tremote: {\n\t\t\turl: 'ws://h', // here\n\t\t},\n\t},\n}\n";
    expect(edit(text, { sshTarget: "alice@home", remotePort: 18_789 })).toBe(
      "{\n\tgateway: {\n\t\tremote: {\n\t\t\turl: 'ws://h', // here\n\t\t\tsshTarget: 'alice@home',\n\t\t\tremotePort: 18789,\n\t\t},\n\t},\n}\n",
    );
  });

  it("keeps plain JSON plain, with its line ends", () => {
    const text = '{\r\n    "agents": {},\r\n    "gateway": {\r\n        "mode": "local"\r\n    }\r\n}';
    const edited = edit(text, { mode: "remote", sshTarget: "alice@home" });
    expect(JSON.parse(edited)).toEqual({
      agents: {},
      gateway: { mode: "remote", remote: { sshTarget: "alice@home" } },
    });
    expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
    expect(edited).toContain(
      '\r\n        "mode": "remote",\r\n        "remote": {\r\n            "sshTarget": "alice@home"\r\n        }\r\n',
    );
  });

  it("makes a new file that reads well", () => {
    expect(edit("", { mode: "remote", transport: "ssh", sshTarget: "alice@home" })).toBe(
      '{\n  "gateway": {\n    "mode": "remote",\n    "remote": {\n      "transport": "ssh",\n      "sshTarget": "alice@home"\n    }\n  }\n}\n',
    );
  });

  it("removes a key with its line and leaves the comments", () => {
    const text =
      '{\n  gateway: {\n    // who\n    mode: "remote",\n    remote: { url: "ws://h", token: "t" },\n  },\n}\n';
    expect(edit(text, { mode: null, token: null })).toBe(
      '{\n  gateway: {\n    // who\n    remote: { url: "ws://h" },\n  },\n}\n',
    );
  });

  it("leaves a text alone that says it already", () => {
    const text = '{gateway:{mode:"remote",remote:{url:"ws://h"}}}';
    expect(edit(text, { mode: "remote", url: "ws://h", token: null })).toBe(text);
    expect(edit("", { token: null })).toBe("");
  });

  it.each([
    ["text that is cut off", '{gateway: {mode: "local"'],
    ["an array", "[]"],
    ["a gateway that is a word", '{gateway: "here"}'],
    ["a gateway that is null", "{gateway: null}"],
    ["parts that are included", '{gateway: {remote: {"$include": "./remote.json"}}}'],
    ["a value there that is wrong already", '{gateway: {remote: {transport: "pigeon"}}}'],
  ])("refuses %s", (_what, text) => {
    expect(() => edit(text, { mode: "remote", url: "ws://h" })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
  });

  it("refuses a value that nobody could read back", () => {
    expect(() => edit("{}", { remotePort: 70_000 })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("means exactly the change, in every way that a file can be written", () => {
    const quote = fc.constantFrom('"', "'");
    const trivia = fc.constantFrom("", " ", "\n", "\r\n  ", "\n\t", " // c {\n", "/* , } */", "\u00a0");
    const parts = fc.record({ quote, before: trivia, after: trivia, comma: fc.boolean(), bare: fc.boolean() });
    const write = (
      value: unknown,
      style: { quote: string; before: string; after: string; comma: boolean; bare: boolean },
    ): string => {
      const { before, after, comma, bare } = style;
      if (typeof value === "string") return `${style.quote}${value}${style.quote}`;
      if (typeof value !== "object" || value === null) return String(value);
      const members = Object.entries(value).map(([key, each]) => {
        const name = bare ? key : `${style.quote}${key}${style.quote}`;
        return `${before}${name}${after}:${before}${write(each, style)}${after}`;
      });
      const end = comma && members.length > 0 ? "," : "";
      return `{${members.join(",")}${end}${before}}`;
    };
    const word = fc.stringMatching(/^[a-z0-9:/.@ {},]{0,12}$/);
    const remote = fc.record(
      { url: word, sshTarget: word, token: word, remotePort: fc.integer({ min: 1, max: 65_535 }) },
      { requiredKeys: [] },
    );
    const gateway = fc.record({ mode: fc.constantFrom("local", "remote"), bind: word, remote }, { requiredKeys: [] });
    const config = fc.record({ agents: fc.record({ x: word }), gateway, zeta: fc.integer() }, { requiredKeys: [] });
    const change = fc.record(
      {
        mode: fc.constantFrom("local" as const, "remote" as const, null),
        url: fc.oneof(fc.string(), fc.constant(null)),
        sshTarget: fc.oneof(anyText, fc.constant(null)),
        token: fc.oneof(fc.string(), fc.constant(null)),
        remotePort: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constant(null)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(config, parts, change, (value, style, wish) => {
        const text = write(value, style);
        const edited: unknown = JSON5.parse(edit(text, wish));
        const { mode, ...keys } = wish;
        const expected = structuredClone(value) as { gateway?: { mode?: string; remote?: Record<string, unknown> } };
        const isSet = (each: unknown) => each !== null && each !== undefined;
        if (isSet(mode) || Object.values(keys).some(isSet)) expected.gateway ??= {};
        if (mode === null) delete expected.gateway?.mode;
        else if (mode !== undefined && expected.gateway) expected.gateway.mode = mode;
        if (Object.values(keys).some(isSet) && expected.gateway) expected.gateway.remote ??= {};
        for (const [key, each] of Object.entries(keys)) {
          if (each === null) delete expected.gateway?.remote?.[key];
          else if (each !== undefined && expected.gateway?.remote) expected.gateway.remote[key] = each;
        }
        expect(edited).toEqual(expected);
        for (const comment of text.match(/\/\/ c \{|\/\* , \} \*\//g)?.slice(0, 1) ?? [])
          expect(edit(text, wish)).toContain(comment);
      }),
      { numRuns: 200 },
    );
  });

  it("changes a text or refuses it, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(JSON5.parse(edit(text, { url: "ws://h" }))).toMatchObject({ gateway: { remote: { url: "ws://h" } } });
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFIG_INVALID" });
        }
      }),
    );
  });
});

describe("the file", () => {
  let home: string;
  const environment = () => ({ env: {}, home });
  const path = () => join(home, ".openclaw", "openclaw.json");
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "openclaw-write-"));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const existing = async (text: string | Buffer, mode: number) => {
    await mkdir(join(home, ".openclaw"));
    await writeFile(path(), text);
    await chmod(path(), mode);
  };
  const modeOf = async () => ((await stat(path())).mode & 0o777).toString(8);

  it("is made for its owner only when there is none", async () => {
    expect(await writeRemoteDefaults(environment(), { mode: "remote" })).toEqual({ path: path(), changed: true });
    expect(await modeOf()).toBe("600");
    expect((await stat(join(home, ".openclaw"))).mode & 0o777).toBe(0o700);
  });

  it("keeps its permissions, but is nobody else's once a secret goes in", async () => {
    await existing("{}", 0o644);
    await writeRemoteDefaults(environment(), { mode: "remote" });
    expect(await modeOf()).toBe("644");
    await writeRemoteDefaults(environment(), { token: "secret" });
    expect(await modeOf()).toBe("600");
    expect(await readdir(join(home, ".openclaw"))).toEqual(["openclaw.json"]);
  });

  it("stays a link when it is one", async () => {
    await mkdir(join(home, ".openclaw"));
    const real = join(home, "dotfiles.json5");
    await writeFile(real, "{ /* mine */ }");
    await symlink(real, path());
    await writeRemoteDefaults(environment(), { mode: "remote" });
    expect((await lstat(path())).isSymbolicLink()).toBe(true);
    expect(await readFile(real, "utf8")).toContain("/* mine */");
  });

  it("is left to the byte when it cannot be understood, and no temporary file stays", async () => {
    const broken = Buffer.from('{ gateway: { mode: "local", }', "utf8");
    await existing(broken, 0o600);
    const error: unknown = await writeRemoteDefaults(environment(), { mode: "remote" }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    await writeFile(path(), Buffer.from([0x7b, 0xff, 0x7d]));
    await expect(writeRemoteDefaults(environment(), { mode: "remote" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    expect(await readFile(path())).toEqual(Buffer.from([0x7b, 0xff, 0x7d]));
    expect(await readdir(join(home, ".openclaw"))).toEqual(["openclaw.json"]);
  });

  it("is not written twice when it says it already", async () => {
    await existing('{gateway:{mode:"remote"}}', 0o600);
    const before = await stat(path());
    expect((await writeRemoteDefaults(environment(), { mode: "remote" })).changed).toBe(false);
    expect((await stat(path())).ino).toBe(before.ino);
  });

  it("is named when it cannot be written", async () => {
    const file = join(home, "file");
    await writeFile(file, "");
    const env = { OPENCLAW_CONFIG_PATH: join(home, "missing", "openclaw.json") };
    await symlink(file, join(home, "missing"));
    await expect(writeRemoteDefaults({ env, home }, { mode: "remote" })).rejects.toMatchObject({
      code: expect.stringMatching(/^CONFIG_/),
      message: expect.stringContaining("openclaw.json"),
    });
  });
});
