import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigDesk } from "../../../sidecar/config/config-desk.ts";
import { REDACTED } from "../../../sidecar/config/redact-config.ts";
import { StartupError } from "../../../sidecar/config/startup-error.ts";

const WRITTEN = `{
  // the door; s3cret-token is what opens it
  gateway: { port: 18789, auth: { mode: "token", token: "s3cret-token" } },
  models: {
    providers: {
      home: { baseUrl: "http://127.0.0.1:1/v1", apiKey: 'k3y-of-home', headers: { "X-Who": "me-and-only-me" } },
      env: { baseUrl: "http://127.0.0.1:2/v1", apiKey: "\${HOME_KEY}" },
    },
  },
}
`;

let folder: string;
let path: string;
let desk: ConfigDesk;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "config-desk-"));
  path = join(folder, "openclaw.json");
  desk = new ConfigDesk({ path, key: randomBytes(32), check: () => undefined });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text = WRITTEN): void => writeFileSync(path, text);
const onDisk = (): string => readFileSync(path, "utf8");

describe("reading the config", () => {
  it("shows no secret, not even in a comment, and leaves the rest as it is written", async () => {
    write();
    const { raw, config, issues } = await desk.read();
    const shown = JSON.stringify([raw, config]);
    for (const secret of ["s3cret-token", "k3y-of-home", "me-and-only-me"]) expect(shown).not.toContain(secret);
    expect(raw).toContain("// the door; ");
    expect(config).toMatchObject({ gateway: { port: 18789, auth: { token: REDACTED } } });
    expect(issues).toEqual([]);
  });

  it("shows where a secret comes from: a variable's name is none", async () => {
    write();
    expect((await desk.read()).raw).toContain("${HOME_KEY}");
  });

  it("has nothing to show of a text that it cannot read, and says why", async () => {
    write('{ gateway: { auth: { token: "s3cret-token" ');
    const snapshot = await desk.read();
    expect(snapshot).toMatchObject({ raw: null, config: {}, issues: [{ message: expect.stringMatching(/JSON5/) }] });
    expect(JSON.stringify(snapshot)).not.toContain("s3cret");
  });

  it("is fine with no file at all", async () => {
    expect(await desk.read()).toMatchObject({ exists: false, config: {}, issues: [] });
  });

  it("gives hashes that change with the text and cannot be made by somebody else", async () => {
    write();
    const { hash } = await desk.read();
    write(WRITTEN.replace("18789", "18790"));
    expect((await desk.read()).hash).not.toBe(hash);
    const other = new ConfigDesk({ path, key: randomBytes(32), check: () => undefined });
    expect((await other.read()).hash).not.toBe((await desk.read()).hash);
  });
});

describe("patching the config", () => {
  const patch = async (raw: string, replace: readonly string[] = []) =>
    desk.patch(raw, { baseHash: (await desk.read()).hash, replace });

  it("changes what it names and not one other byte", async () => {
    write();
    const { changed } = await patch("{gateway:{port:19000}}");
    expect(changed).toEqual(["gateway.port"]);
    expect(onDisk()).toBe(WRITTEN.replace("18789", "19000"));
  });

  it("removes with null, merges objects, replaces lists", async () => {
    write();
    await patch('{gateway:{auth:{token:null}, trustedProxies:["10.0.0.1"]}}');
    await patch('{gateway:{trustedProxies:["10.0.0.2"]}}');
    const { config } = await desk.read();
    expect(config).toMatchObject({ gateway: { auth: { mode: "token" }, trustedProxies: ["10.0.0.2"] } });
    expect(onDisk()).not.toContain('s3cret-token"');
  });

  it("replaces an object whole where it is told to", async () => {
    write();
    await patch('{models:{providers:{only:{baseUrl:"http://127.0.0.1:3/v1"}}}}', ["models.providers"]);
    expect((await desk.read()).config).toMatchObject({ models: { providers: { only: {} } } });
    expect(onDisk()).not.toContain("k3y-of-home");
  });

  it("writes nothing when nothing changes", async () => {
    write();
    const before = statSync(path).mtimeMs;
    expect((await patch("{gateway:{port:18789}}")).changed).toEqual([]);
    expect(statSync(path).mtimeMs).toBe(before);
  });

  it("keeps a secret that is sent back redacted", async () => {
    write();
    await patch(`{gateway:{auth:{token:"${REDACTED}", mode:"password", password:"n3w"}}}`);
    expect(onDisk()).toContain('token: "s3cret-token"');
  });

  it("makes the file when there is none, for its owner only", async () => {
    await desk.patch("{gateway:{port:19001}}", { baseHash: undefined, replace: [] });
    expect(onDisk()).toContain("19001");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["no hash", "{gateway:{port:1}}", undefined, "config base hash required for gateway.port;"],
    ["an old hash", "{gateway:{port:1}}", "hmac-sha256:v1:old", "config changed since last load;"],
    ["a list", "[1]", "current", "config.patch raw must be an object"],
    ["what is no JSON5", "{x", "current", "SyntaxError: JSON5:"],
    ["an unknown key", "{bogus:1}", "current", 'invalid config: <root>: Unrecognized key: "bogus"'],
    ["a prototype", '{"__proto__":{"x":1}}', "current", 'invalid config: <root>: Unrecognized key: "__proto__"'],
    ["a wrong type", '{gateway:{port:"x"}}', "current", "invalid config: gateway.port: must be a whole number"],
    ["an include", '{agents:{defaults:{"$include":"x"}}}', "current", "invalid config"],
    ["an unknown secret", `{gateway:{auth:{password:"${REDACTED}"}}}`, "current", "no value is stored there"],
  ])("refuses %s and leaves the file alone", async (_what, raw, base, message) => {
    write();
    const baseHash = base === "current" ? (await desk.read()).hash : base;
    await expect(desk.patch(raw, { baseHash, replace: [] })).rejects.toThrow(message);
    expect(onDisk()).toBe(WRITTEN);
  });

  it("refuses what a start would refuse", async () => {
    const check = (): void => {
      throw new StartupError("That would let in strangers.");
    };
    const strict = new ConfigDesk({ path, key: randomBytes(32), check });
    await expect(strict.patch('{gateway:{bind:"lan"}}', { baseHash: undefined, replace: [] })).rejects.toThrow(
      "That would let in strangers",
    );
  });
});

describe("setting the config", () => {
  it("puts the secrets back that it did not show, comments and all", async () => {
    write();
    const { raw, hash } = await desk.read();
    const wish = (raw ?? "").replace("18789", "19002").replace("// the door", "// my door");
    await desk.set(wish, hash);
    expect(onDisk()).toContain('token: "s3cret-token"');
    expect(onDisk()).toContain('apiKey: "k3y-of-home"');
    expect(onDisk()).toContain("// my door");
    expect((await desk.read()).config).toMatchObject({ gateway: { port: 19002 } });
  });

  it("refuses a text that means no object, and a missing or old hash", async () => {
    write();
    const { hash } = await desk.read();
    await expect(desk.set("[]", hash)).rejects.toThrow("must be an object");
    await expect(desk.set("{}", undefined)).rejects.toThrow("config base hash required; re-run config.get and retry");
    await expect(desk.set("{}", "old")).rejects.toThrow("config changed since last load");
    expect(onDisk()).toBe(WRITTEN);
  });

  it("keeps a link to the file a link", async () => {
    const real = join(folder, "real.json");
    writeFileSync(real, "{}");
    symlinkSync(real, path);
    await desk.set("{gateway:{port:19003}}", (await desk.read()).hash);
    expect(readFileSync(real, "utf8")).toContain("19003");
  });
});
