import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONNECTION_OPTIONS, readConnectionWish } from "../../../sidecar/cli/connection-options.ts";
import { parseArguments } from "../../../sidecar/cli/flags.ts";
import { resolveTarget } from "../../../sidecar/cli/target.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cli-target-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const resolve = (argv: readonly string[], env: Record<string, string> = {}) =>
  resolveTarget(readConnectionWish(parseArguments(argv, CONNECTION_OPTIONS)), {
    OPENCLAW_SIDECAR_STATE_DIR: join(directory, "sidecar"),
    OPENCLAW_CONFIG_PATH: join(directory, "openclaw.json"),
    ...env,
  });

function saveConfig(gateway: unknown): void {
  writeFileSync(join(directory, "openclaw.json"), JSON.stringify({ gateway }));
}

function runningSidecar(stateDir: string, pid = process.pid): void {
  const info = { pid, port: 4711, url: "ws://127.0.0.1:4711", bootId: "b", startedAt: 1, version: "0" };
  writeFileSync(join(stateDir, "runtime.json"), JSON.stringify(info));
  writeFileSync(join(stateDir, "gateway.token"), "made-by-itself\n");
}

describe("a target on the command line", () => {
  it("is used with the credential of the command line", async () => {
    expect(
      await resolve(["--url", "ws://127.0.0.1:1", "--token", "t"], { OPENCLAW_GATEWAY_TOKEN: "env" }),
    ).toMatchObject({
      kind: "url",
      url: "ws://127.0.0.1:1",
      credential: { token: "t" },
    });
  });

  it("is used with the credential of the environment", async () => {
    const target = await resolve(["--url", "ws://127.0.0.1:1"], { OPENCLAW_GATEWAY_PASSWORD: "p" });
    expect(target.credential).toEqual({ password: "p" });
  });

  it("prefers a password that was typed to a token of the environment", async () => {
    const target = await resolve(["--url", "ws://127.0.0.1:1", "--password", "p"], { OPENCLAW_GATEWAY_TOKEN: "env" });
    expect(target.credential).toEqual({ password: "p" });
  });

  it("never borrows a credential of a file", async () => {
    saveConfig({ mode: "remote", remote: { url: "ws://127.0.0.1:1", token: "saved" }, auth: { token: "saved-too" } });
    runningSidecar(directory);
    for (const argv of [
      ["--url", "ws://127.0.0.1:1"],
      ["--ssh", "alice@home"],
    ]) {
      expect((await resolve([...argv, "--state-dir", directory])).credential).toEqual({});
    }
  });

  it("may be a host behind SSH, with the Gateway's port there", async () => {
    expect(await resolve(["--ssh", "alice@home", "--port", "4000"])).toMatchObject({
      kind: "ssh",
      ssh: "alice@home",
      gatewayPort: 4000,
    });
  });
});

describe("no target on the command line", () => {
  it("means the running sidecar of the state directory, with the token it made", async () => {
    runningSidecar(directory);
    expect(await resolve(["--state-dir", directory])).toEqual({
      kind: "url",
      name: "ws://127.0.0.1:4711",
      url: "ws://127.0.0.1:4711",
      credential: { token: "made-by-itself" },
    });
  });

  it("does not mean a sidecar that has ended", async () => {
    runningSidecar(directory, 2 ** 22 + 1);
    await expect(resolve(["--state-dir", directory])).rejects.toThrow(/No sidecar runs from .*openclaw-sidecar run/);
  });

  it("then means gateway.remote of openclaw.json", async () => {
    saveConfig({ mode: "remote", remote: { url: "wss://gw.example", token: "${REMOTE_TOKEN}", tlsFingerprint: "ab" } });
    expect(await resolve([], { REMOTE_TOKEN: "r" })).toEqual({
      kind: "url",
      name: "wss://gw.example",
      url: "wss://gw.example",
      tlsFingerprint: "ab",
      credential: { token: "r" },
    });
  });

  it("takes the SSH road that openclaw.json saved; the port is the tunnel's unless said otherwise", async () => {
    const remote = { transport: "ssh", sshTarget: "alice@home:2222", url: "ws://127.0.0.1:19000", token: "r" };
    saveConfig({ mode: "remote", remote });
    expect(await resolve([])).toMatchObject({ kind: "ssh", ssh: "alice@home:2222", gatewayPort: 19_000 });
    saveConfig({ mode: "remote", remote: { ...remote, remotePort: 5 } });
    expect(await resolve([])).toMatchObject({ kind: "ssh", gatewayPort: 5 });
  });

  it("does not mean a remote that openclaw.json has switched off", async () => {
    saveConfig({ mode: "local", remote: { url: "wss://gw.example", token: "r" } });
    await expect(resolve([])).rejects.toThrow(/No sidecar runs/);
  });

  it("does not leave the profile that was asked for", async () => {
    saveConfig({ mode: "remote", remote: { url: "wss://gw.example", token: "r" } });
    await expect(resolve(["--state-dir", join(directory, "other")])).rejects.toThrow(/No sidecar runs/);
  });

  it("refuses a config that is broken or says half", async () => {
    saveConfig({ mode: "remote", remote: {} });
    await expect(resolve([])).rejects.toThrow(/gateway\.remote\.url is not set/);
    writeFileSync(join(directory, "openclaw.json"), "{ gateway: ");
    await expect(resolve([])).rejects.toThrow(/openclaw\.json/);
  });
});
