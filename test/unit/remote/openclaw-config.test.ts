import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CredentialSources, pickCredential, resolveSecret } from "../../../remote/config/credentials.ts";
import { openClawConfigPath, parseOpenClawConfig, readOpenClawConfig } from "../../../remote/config/openclaw-config.ts";
import { factOf, faultOf, takesOrRefuses } from "./fault-of.ts";

const SAMPLE = `{
  // the Gateway at home
  gateway: {
    mode: "remote",
    port: 18789,
    auth: { token: "local-token" },
    remote: {
      url: 'wss://gateway.example',
      token: "\${HOME_TOKEN}",
      password: { source: "env", provider: "default", id: "HOME_PASSWORD" },
      transport: "direct",
      sshTarget: "alice@home:2222",
      sshHostKeyPolicy: "strict",
      remotePort: 29443,
      tlsFingerprint: "AA:BB",
    },
  },
  env: { vars: { HOME_TOKEN: "from-env-vars" } },
  somethingElse: [1, 2, 3],
}`;

describe("openclaw.json", () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "openclaw-json-"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const parse = (text: string) => parseOpenClawConfig(text, "openclaw.json");

  it("is found where OpenClaw looks for it", () => {
    const at = (env: Record<string, string>) => openClawConfigPath({ env, home });
    expect(at({})).toBe(join(home, ".openclaw/openclaw.json"));
    expect(at({ OPENCLAW_STATE_DIR: "/srv/state" })).toBe("/srv/state/openclaw.json");
    expect(at({ OPENCLAW_STATE_DIR: "~/state" })).toBe(join(home, "state/openclaw.json"));
    expect(at({ OPENCLAW_STATE_DIR: "/srv/state", OPENCLAW_CONFIG_PATH: "/etc/claw.json" })).toBe("/etc/claw.json");
  });

  it("gives the client's part, with comments and trailing commas", () => {
    expect(parse(SAMPLE)).toMatchObject({
      mode: "remote",
      port: 18789,
      auth: { token: "local-token", password: undefined },
      remote: {
        url: "wss://gateway.example",
        token: "${HOME_TOKEN}",
        password: { source: "env", id: "HOME_PASSWORD" },
        transport: "direct",
        sshTarget: "alice@home:2222",
        sshHostKeyPolicy: "strict",
        remotePort: 29443,
        tlsFingerprint: "AA:BB",
      },
    });
  });

  it("is empty when it is not there", async () => {
    const config = await readOpenClawConfig({ env: {}, home });
    expect(config.mode).toBeUndefined();
    expect(config.remote.url).toBeUndefined();
  });

  it("cannot be a directory, nor larger than four megabytes", async () => {
    const directory = join(home, "directory");
    await mkdir(directory);
    expect((await faultOf(readOpenClawConfig({ env: { OPENCLAW_CONFIG_PATH: directory }, home }))).code).toBe(
      "CONFIG_INVALID",
    );
    const big = join(home, "big.json");
    await writeFile(big, `{ x: "${"x".repeat(4 * 1024 * 1024)}" }`);
    expect((await faultOf(readOpenClawConfig({ env: { OPENCLAW_CONFIG_PATH: big }, home }))).message).toContain(
      "larger",
    );
  });

  it.each([
    ["{ gateway: { mode: 'both' } }", "gateway.mode"],
    ["{ gateway: { port: 70000 } }", "gateway.port"],
    ["{ gateway: { port: '18789' } }", "gateway.port"],
    ["{ gateway: [] }", "gateway"],
    ["{ gateway: { remote: 'wss://x' } }", "gateway.remote"],
    ["{ gateway: { remote: { url: 7 } } }", "gateway.remote.url"],
    ["{ gateway: { remote: { token: { from: 'x' } } } }", "gateway.remote.token"],
    ["{ gateway: { remote: { transport: 'pigeon' } } }", "gateway.remote.transport"],
    ["{ gateway: { remote: { sshHostKeyPolicy: 'off' } } }", "gateway.remote.sshHostKeyPolicy"],
    ["{ gateway: { remote: { $include: './x' } } }", "$include"],
    ["[]", "an object"],
    ["{ gateway: ", "2"],
  ])("refuses %s and names the key", async (text, key) => {
    const error = await faultOf(() => parse(text));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(factOf(error, "detail")).toContain(key);
  });

  it("never repeats a value, which could be a secret", async () => {
    for (const text of [
      '{ gateway: { mode: "s3cr3t" } }',
      '{ gateway: { remote: { token: ["s3cr3t"] } } }',
      '{ a: "s3cr3t" "b" }',
    ]) {
      const error = await faultOf(() => parse(text));
      expect(JSON.stringify([error.message, error.facts])).not.toContain("s3cr3t");
    }
  });

  it("is not fooled by the keys of a prototype", () => {
    const config = parse(
      '{ "__proto__": { gateway: { mode: "remote" } }, gateway: { "__proto__": { port: 1 }, remote: {} } }',
    );
    expect(config.mode).toBeUndefined();
    expect(config.port).toBeUndefined();
    expect(({} as Record<string, unknown>)["gateway"]).toBeUndefined();
  });

  it("cut off anywhere is either read or refused with a reason", () => {
    for (let length = 0; length < SAMPLE.length; length++) {
      expect(
        takesOrRefuses(
          () => parse(SAMPLE.slice(0, length)),
          () => true,
        ),
      ).toBe(true);
    }
  });

  it("takes any text or refuses it", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json(),
      fc.json().map((json) => `{ gateway: { remote: ${json} } }`),
    );
    expect(
      fc.check(
        fc.property(texts, (text) =>
          takesOrRefuses(
            () => parse(text),
            () => true,
          ),
        ),
      ).counterexample,
    ).toBeNull();
  }, 30_000);
});

describe("the credential for a Gateway", () => {
  const config = parseOpenClawConfig(SAMPLE, "openclaw.json");
  const env = {
    OPENCLAW_GATEWAY_TOKEN: "env-token",
    OPENCLAW_GATEWAY_PASSWORD: "env-password",
    HOME_PASSWORD: "home-password",
  };
  const pick = (more: Partial<CredentialSources>) =>
    pickCredential({ explicit: {}, target: "given", config, env, ...more });
  const empty = parseOpenClawConfig("", "openclaw.json");

  it("is what was given by hand, and nothing else beside it", () => {
    for (const target of ["given", "env", "remote-config", "local-config"] as const) {
      expect(pick({ explicit: { token: "mine" }, target })).toEqual({ token: "mine" });
    }
  });

  it("is never borrowed for a URL that was given by hand", () => {
    expect(pick({ target: "given" })).toEqual({});
  });

  it("is only taken from the environment for a URL of the environment", () => {
    expect(pick({ target: "env" })).toEqual({ token: "env-token", password: "env-password" });
    expect(pick({ target: "env", env: {} })).toEqual({});
  });

  it("is taken in OpenClaw's order for a configured remote Gateway", () => {
    expect(pick({ target: "remote-config" })).toEqual({ token: "from-env-vars", password: "env-password" });
    expect(pick({ target: "remote-config", env: { HOME_TOKEN: "home-token", HOME_PASSWORD: "p" } })).toEqual({
      token: "home-token",
      password: "p",
    });
    expect(pick({ target: "remote-config", config: empty })).toEqual({ token: "env-token", password: "env-password" });
  });

  it("is taken in OpenClaw's order for a Gateway on this computer", () => {
    expect(pick({ target: "local-config" })).toEqual({ token: "local-token", password: "env-password" });
    expect(pick({ target: "local-config", config: empty, env: {} })).toEqual({});
  });

  it("stops everything when it is configured but cannot be resolved", async () => {
    const broken = parseOpenClawConfig("{ gateway: { remote: { token: '${NOT_SET}' } } }", "openclaw.json");
    const error = await faultOf(() => pick({ target: "remote-config", config: broken }));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("gateway.remote.token needs the environment variable NOT_SET");
  });

  it("fills the places of its text, and only those", async () => {
    const resolve = (input: string | { source: string; id: string }) =>
      resolveSecret(input, { key: "gateway.remote.token", config: empty, env: { A: "1", B_2: "2", EMPTY: "" } });
    expect(resolve("x${A}y${B_2}")).toBe("x1y2");
    expect(resolve("$${A} ${a} $A")).toBe("${A} ${a} $A");
    expect(resolve({ source: "env", id: "A" })).toBe("1");
    expect((await faultOf(() => resolve("${EMPTY}"))).code).toBe("CONFIG_INVALID");
    expect((await faultOf(() => resolve("${constructor}".toUpperCase()))).code).toBe("CONFIG_INVALID");
    expect((await faultOf(() => resolve({ source: "exec", id: "rm" }))).message).toContain("only env");
  });
});
