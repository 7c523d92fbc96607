import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../../../sidecar/config/config.ts";
import { chooseSecret, ownToken } from "../../../sidecar/config/credentials.ts";
import { parseRunFlags } from "../../../sidecar/config/flags.ts";
import { resolveSecret } from "../../../sidecar/config/secret.ts";
import { resolveStateDir } from "../../../sidecar/config/state-dir.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidecar-config-"));
  path = join(folder, "openclaw.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function load(source: string) {
  writeFileSync(path, source);
  return loadConfig(path, { required: true });
}

describe("the config file", () => {
  it("is OpenClaw's own: JSON5 with comments, of which the sidecar reads its part", async () => {
    const config = await load(`{
      // a comment
      gateway: { mode: "local", port: 19001, bind: "loopback", auth: { mode: "token", token: "\${MY_TOKEN}", }, },
      agents: { defaults: { workspace: "~/w", model: { primary: "ollama/llama3.2" } } },
      models: { mode: "merge", providers: { ollama: {
        baseUrl: "http://127.0.0.1:11434/v1", apiKey: { source: "env", provider: "default", id: "OLLAMA_KEY" },
        api: "openai-completions", models: [{ id: "llama3.2", contextWindow: 8192, cost: { input: 0 } }],
      } } },
      channels: { telegram: { botToken: "not ours" } },
    }`);
    expect(config).toMatchObject({
      port: 19_001,
      authMode: "token",
      token: "${MY_TOKEN}",
      primaryModel: "ollama/llama3.2",
    });
    expect(config.providers.get("ollama")).toMatchObject({
      api: "openai-completions",
      apiKey: { source: "env", id: "OLLAMA_KEY" },
      models: [{ id: "llama3.2", name: "llama3.2", contextWindow: 8192, reasoning: false }],
    });
  });

  it("may be missing when nobody named it, and may not when somebody did", async () => {
    expect((await loadConfig(path, { required: false })).providers.size).toBe(0);
    await expect(loadConfig(path, { required: true })).rejects.toThrow(/cannot be read \(ENOENT\); check --config/);
  });

  it.each([
    ["{ gateway: ", /is not valid JSON5 \(.*at 1:12\); correct it/],
    ["[]", /is wrong: it must be an object/],
    ["{ gateway: [] }", /gateway must be an object/],
    ["{ gateway: { port: 'x' } }", /gateway\.port must be a whole number from 0 to 65535/],
    ["{ gateway: { port: 70000 } }", /gateway\.port must be/],
    ["{ gateway: { bind: '0.0.0.0' } }", /gateway\.bind must be one of "loopback", "lan", "tailnet", "custom", "auto"/],
    ["{ gateway: { auth: { mode: 'open' } } }", /gateway\.auth\.mode must be one of "token", "password"/],
    ["{ gateway: { auth: { token: 5 } } }", /gateway\.auth\.token must be a string or/],
    ["{ models: { providers: { a: { baseUrl: 5 } } } }", /models\.providers\.a\.baseUrl must be a string/],
    ["{ models: { providers: { a: { baseUrl: 'ftp://x' } } } }", /models\.providers\.a\.baseUrl must start with http/],
    ["{ models: { providers: { a: { models: [{}] } } } }", /models\.providers\.a\.models\[0\]\.id is missing/],
    ["{ models: { providers: { a: { headers: { x: 1 } } } } }", /models\.providers\.a\.headers\.x must be a string/],
    ["{ agents: { defaults: { model: { primary: 'gpt' } } } }", /agents\.defaults\.model must name "provider\/model"/],
  ])("that says %s is refused with the place and the reason", async (source, sentence) => {
    await expect(load(source)).rejects.toThrow(sentence);
  });

  it("cannot smuggle a provider in through a prototype", () => {
    const hostile: unknown = JSON.parse(
      '{"__proto__":{"gateway":{"port":1}},"models":{"providers":{"__proto__":{"baseUrl":"http://x"}}}}',
    );
    const config = parseConfig(hostile, path);
    expect(config.port).toBeUndefined();
    expect([...config.providers.keys()]).toEqual(["__proto__"]);
  });

  it("with a provider of a kind that the sidecar does not speak still starts: another may be in use", async () => {
    const config = await load("{ models: { providers: { g: { api: 'google-generative-ai' } } } }");
    expect(config.providers.get("g")?.api).toBe("google-generative-ai");
  });
});

describe("a secret", () => {
  const env = { KEY: "value", EMPTY: "" };
  it.each([
    ["plain", "plain"],
    ["${KEY}", "value"],
    ["$KEY", "$KEY"],
    ["a${KEY}", "a${KEY}"],
  ])("written as %s is %s", (written, value) => {
    expect(resolveSecret(written, env)).toEqual({ ok: true, value });
  });
  it.each([["${EMPTY}"], ["${MISSING}"], [{ source: "env", id: "MISSING" }], [{ source: "exec", id: "pass show" }]])(
    "that cannot be had is not guessed: %j",
    (written) => {
      expect(resolveSecret(written, env)).toMatchObject({ ok: false });
    },
  );
});

describe("the shared secret", () => {
  const none = parseConfig({}, "/c");
  const flags = (...args: string[]) => parseRunFlags(args);

  it("comes from the flags, else the environment, else the config, else it is made", () => {
    const env = { OPENCLAW_GATEWAY_TOKEN: "from-env" };
    const config = parseConfig({ gateway: { auth: { token: "from-config" } } }, "/c");
    writeFileSync(join(folder, "token"), "from-file\nsecond line");
    expect(chooseSecret(flags("--token", "from-flag"), config, env)).toEqual({ mode: "token", value: "from-flag" });
    expect(chooseSecret(flags("--token-file", join(folder, "token")), config, env)).toEqual({
      mode: "token",
      value: "from-file",
    });
    expect(chooseSecret(flags(), config, env)).toEqual({ mode: "token", value: "from-env" });
    expect(chooseSecret(flags(), config, {})).toEqual({ mode: "token", value: "from-config" });
    expect(chooseSecret(flags(), none, {})).toBeUndefined();
  });

  it("is a password when one is given", () => {
    expect(chooseSecret(flags("--password", "p"), none, { OPENCLAW_GATEWAY_TOKEN: "t" })).toEqual({
      mode: "password",
      value: "p",
    });
    expect(chooseSecret(flags(), none, { OPENCLAW_GATEWAY_PASSWORD: "p" })).toEqual({ mode: "password", value: "p" });
  });

  it("that is named and cannot be had ends the start instead of giving way to another", () => {
    const missing = parseConfig({ gateway: { auth: { token: "${MISSING}" } } }, "/c");
    expect(() => chooseSecret(flags(), missing, {})).toThrow(
      /gateway\.auth\.token of \/c cannot be read.*MISSING is not set/,
    );
    expect(() => chooseSecret(flags("--token-file", join(folder, "nothing")), none, {})).toThrow(
      /cannot be read \(ENOENT\)/,
    );
    writeFileSync(join(folder, "empty"), "\n");
    expect(() => chooseSecret(flags("--token-file", join(folder, "empty")), none, {})).toThrow(/is empty/);
    expect(() => chooseSecret(flags("--token", "a", "--token-file", "b"), none, {})).toThrow(/both given/);
    const password = parseConfig({ gateway: { auth: { mode: "password" } } }, "/c");
    expect(() => chooseSecret(flags(), password, {})).toThrow(/wants a password, but there is none/);
  });

  it("that the sidecar makes is kept, and readable by its owner only", () => {
    const token = ownToken(folder);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(ownToken(folder)).toBe(token);
    expect(readFileSync(join(folder, "gateway.token"), "utf8")).toBe(`${token}\n`);
    expect(statSync(join(folder, "gateway.token")).mode & 0o777).toBe(0o600);
  });
});

describe("the command line of run", () => {
  it.each([
    [["--port", "http"], /--port "http" is no port/],
    [["--port", "65536"], /--port "65536" is no port/],
    [["--port", "-1"], /usage: openclaw-sidecar run/],
    [["--bogus"], /Unknown option '--bogus'/],
    [["extra"], /Unexpected argument 'extra'/],
    [["--profile", "../x"], /"\.\.\/x" is no profile name/],
    [["--token", ""], /--token is empty/],
    [["--bind", "0.0.0.0"], /--bind "0\.0\.0\.0" is none of loopback, lan, tailnet, custom, auto/],
    [["--auth", "open"], /--auth "open" is none of token, password, trusted-proxy, none/],
    [["--tailscale", "on"], /--tailscale "on" is none of off, serve, funnel/],
  ])("%j is refused with what is wrong", (args, sentence) => {
    expect(() => parseRunFlags(args)).toThrow(sentence);
  });

  it("chooses the state directory by flag, environment and profile", () => {
    const env = { OPENCLAW_SIDECAR_STATE_DIR: "/from/env" };
    expect(resolveStateDir({ stateDir: "/from/flag", profile: "p" }, env)).toBe("/from/flag");
    expect(resolveStateDir({}, env)).toBe("/from/env");
    expect(resolveStateDir({ profile: "work" }, env)).toMatch(/\/\.openclaw-sidecar-work$/);
    expect(resolveStateDir({}, {})).toMatch(/\/\.openclaw-sidecar$/);
  });
});
