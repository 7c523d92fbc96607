import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import JSON5 from "json5";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type DefaultRemotePorts, openConfig, saveDefaultRemote } from "../../../extension/commands/default-remote.ts";
import type { GatewayProfile } from "../../../extension/connection/profile.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { readOpenClawConfig } from "../../../remote/config/openclaw-config.ts";
import { writeRemoteDefaults } from "../../../remote/config/write-remote.ts";
import { type Answer, CLOUD, HOME, connectedState, linkView, scriptedPrompts } from "./fakes.ts";

const t = translator("en");

describe("Save as Default Remote", () => {
  let home: string;
  let path: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "openclaw-default-"));
    path = join(home, "openclaw.json");
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function save(
    profile: GatewayProfile,
    answers: readonly Answer[],
    { authMethod = "token", certificate }: { readonly authMethod?: string; readonly certificate?: string } = {},
  ) {
    const prompts = scriptedPrompts(...answers);
    const environment = { env: { OPENCLAW_CONFIG_PATH: path }, home };
    const state = { ...connectedState, server: { ...connectedState.server, authMethod } };
    const ports: DefaultRemotePorts = {
      prompts,
      view: () => linkView(state, { profile }),
      choose: () => Promise.reject(new Error("nobody was to be asked")),
      host: () => (profile.target.kind === "ssh" ? { gatewayPort: 19_000, certificate } : undefined),
      credential: async () => ({ token: "s3cret", password: "s3cret" }),
      read: () => readOpenClawConfig(environment),
      write: (change) => writeRemoteDefaults(environment, change),
      openFile: vi.fn(async () => undefined),
      t,
    };
    await saveDefaultRemote(ports);
    const text = await readFile(path, "utf8").catch(() => "");
    return { prompts, text, config: text === "" ? undefined : (JSON5.parse(text) as { gateway: { remote: object } }) };
  }

  it("writes where the Gateway is, and no secret", async () => {
    const { config, text, prompts } = await save(HOME, ["place", undefined]);
    expect(config).toEqual({
      gateway: {
        mode: "remote",
        remote: {
          transport: "ssh",
          url: "ws://127.0.0.1:18789",
          sshTarget: "alice@home",
          remotePort: 19_000,
        },
      },
    });
    expect(text).not.toContain("s3cret");
    for (const part of [path, "gateway.remote.sshTarget: alice@home"]) expect(prompts.said[0]).toContain(part);
  });

  it("writes the certificate of a Gateway that speaks TLS behind the tunnel", async () => {
    const certificate = "ab".repeat(32);
    const { config } = await save(HOME, ["place", undefined], { certificate });
    expect(config?.gateway.remote).toMatchObject({ url: "wss://127.0.0.1:18789", tlsFingerprint: certificate });
  });

  it("does not write a way that only a window of VS Code can go", async () => {
    const { text, prompts } = await save({ name: "w", target: { kind: "window", window: "wsl+Debian" } }, [undefined]);
    expect(text).toBe("");
    expect(prompts.said[0]).toContain("window of VS Code");
  });

  it("writes the one secret that the Gateway takes when the person says so", async () => {
    expect((await save(CLOUD, ["secret", undefined])).config?.gateway.remote).toEqual({
      transport: "direct",
      url: "wss://cloud.example/",
      token: "s3cret",
    });
    const { config } = await save(CLOUD, ["secret", undefined], { authMethod: "password" });
    expect(config?.gateway.remote).toMatchObject({ password: "s3cret" });
    expect(config?.gateway.remote).not.toHaveProperty("token");
  });

  it("never leaves the token of one Gateway beside the address of another, and keeps that of the same", async () => {
    const old = '// mine\n{ gateway: { remote: { sshTarget: "alice@home", token: "old" } }, agents: {} }\n';
    await writeFile(path, old);
    const same = await save(HOME, ["place", undefined]);
    expect(same.config?.gateway.remote).toMatchObject({ token: "old" });
    expect(same.text).toContain("// mine");
    const other = await save(CLOUD, ["place", undefined]);
    expect(other.config?.gateway.remote).not.toHaveProperty("token");
    expect(other.config?.gateway.remote).not.toHaveProperty("sshTarget");
  });

  it("changes nothing when the person says no, or when the file cannot be understood", async () => {
    expect((await save(HOME, [undefined])).text).toBe("");
    await writeFile(path, "{ gateway: ");
    await expect(save(HOME, ["place"])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await readFile(path, "utf8")).toBe("{ gateway: ");
  });

  it("takes the local Gateway back", async () => {
    const local: GatewayProfile = { name: "here", target: { kind: "local" } };
    expect((await save(local, ["place", undefined])).config).toEqual({ gateway: { mode: "local" } });
  });
});

describe("Open openclaw.json", () => {
  it("opens the file, and says so when there is none", async () => {
    const openFile = vi.fn(async () => undefined);
    const prompts = scriptedPrompts();
    await openConfig({ prompts, path: "/c.json", exists: async () => true, openFile, t });
    expect(openFile).toHaveBeenCalledWith("/c.json");
    await openConfig({ prompts, path: "/c.json", exists: async () => false, openFile, t });
    expect(openFile).toHaveBeenCalledTimes(1);
    expect(prompts.said[0]).toContain("/c.json");
  });
});
