import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type EventFrame, RawGatewayClient, type ResFrame, connectParams } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, runSidecar, startSidecar } from "../../support/sidecar.ts";
import type { Challenge } from "../../support/wire-shapes.ts";

let folder: string;
let stateDir: string;
const running: RunningSidecar[] = [];

async function start(options: Parameters<typeof startSidecar>[0] = {}): Promise<RunningSidecar> {
  const sidecar = await startSidecar({ stateDir, ...options });
  running.push(sidecar);
  return sidecar;
}

/** Runs `run` to its end; it must fail with one sentence. */
async function refused(...args: string[]): Promise<{ code: number | null; sentence: string }> {
  const { code, stdout, stderr } = await runSidecar(["run", "--json", ...args], { HOME: folder });
  expect(stdout).toBe("");
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  return { code, sentence: stderr };
}

beforeAll(ensureSidecar);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidecar-start-"));
  stateDir = join(folder, "state");
});
afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a sidecar that starts", () => {
  it("says so in one line, and leaves a runtime file that names it and no secret", async () => {
    const { port, pid, url, token } = await start();
    const text = await readFile(join(stateDir, "runtime.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ port, pid, url });
    expect(text).not.toContain(token);
    expect(url).toBe(`ws://127.0.0.1:${port}`);
  });

  it("keeps its files to its owner", async () => {
    await start();
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(stateDir, "runtime.json"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(stateDir, "device-tokens.key"))).mode & 0o777).toBe(0o600);
  });

  it("makes its own token when nobody gives one", async () => {
    const sidecar = await start({ token: "" });
    const token = (await readFile(join(stateDir, "gateway.token"), "utf8")).trim();
    const client = await RawGatewayClient.open(sidecar.url);
    expect((await client.hello(token)).ok).toBe(true);
    await client.close();
  });

  it("takes its token from a file", async () => {
    const file = join(folder, "token");
    await writeFile(file, "from-a-file\n");
    const sidecar = await start({ token: "", args: ["--token-file", file] });
    const client = await RawGatewayClient.open(sidecar.url);
    expect((await client.hello("from-a-file")).ok).toBe(true);
    await client.close();
  });

  it("answers a supervisor's probes and nothing else over HTTP", async () => {
    const { port } = await start();
    const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get("/healthz")).json()).toEqual({ ok: true, status: "live" });
    expect((await get("/readyz")).status).toBe(200);
    expect((await get("/")).status).toBe(404);
    expect((await get("/../../etc/passwd")).status).toBe(404);
  });

  it("starts again at once after it was killed, with everything it had", async () => {
    const first = await start();
    const client = await RawGatewayClient.open(first.url);
    await client.hello(first.token);
    await client.call("sessions.patch", { key: "kept", label: "Kept" });
    await first.kill("SIGKILL");
    expect(existsSync(join(stateDir, "runtime.json"))).toBe(true);
    const second = await start();
    const again = await RawGatewayClient.open(second.url);
    await again.hello(second.token);
    expect(await again.call("sessions.list")).toMatchObject({ sessions: [{ key: "agent:main:kept", label: "Kept" }] });
    await again.close();
  });
});

describe("a sidecar that cannot start", () => {
  it("names a Gateway that has its port, and touches nothing", async () => {
    const { port } = await start();
    const other = join(folder, "other");
    const { code, sentence } = await refused("--port", String(port), "--state-dir", other);
    expect(code).toBe(1);
    expect(sentence).toMatch(
      new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use: a Gateway already answers there; use it with`),
    );
    expect(existsSync(other)).toBe(false);
  });

  it("says that another program has its port", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-other\r\n").resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { sentence } = await refused("--port", String(port), "--state-dir", stateDir);
    expect(sentence).toMatch(/is in use: another program listens there/);
    expect(existsSync(stateDir)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });

  it("does not share a state directory", async () => {
    await start();
    const { sentence } = await refused("--port", "0", "--state-dir", stateDir);
    expect(sentence).toMatch(
      /Another sidecar is using .*sidecar\.sqlite; stop it, or give this one its own --state-dir/,
    );
  });

  it("refuses a state directory that is a file, and leaves the file as it is", async () => {
    await writeFile(stateDir, "precious");
    const { code, sentence } = await refused("--port", "0", "--state-dir", stateDir);
    expect(code).toBe(1);
    expect(sentence).toMatch(/is a file; name a directory with --state-dir/);
    expect(await readFile(stateDir, "utf8")).toBe("precious");
  });

  it("refuses a state directory that cannot be made", async () => {
    const { code, sentence } = await refused("--port", "0", "--state-dir", "/proc/sidecar/state");
    expect(code).toBe(1);
    expect(sentence).toMatch(/The state directory \/proc\/sidecar\/state cannot be/);
    expect(sentence).toMatch(/choose another with --state-dir|check its permissions/);
  });

  it("points at the place in a malformed config", async () => {
    const config = join(folder, "broken.json");
    await writeFile(config, "{ gateway: { port: 1 },\n  models: { providers: }\n}");
    const { code, sentence } = await refused("--port", "0", "--state-dir", stateDir, "--config", config);
    expect(code).toBe(1);
    expect(sentence).toMatch(/broken\.json is not valid JSON5 \(invalid character '}' at 2:24\); correct it/);
    expect(existsSync(stateDir)).toBe(false);
  });

  it("misses a config that was named", async () => {
    const { sentence } = await refused("--port", "0", "--state-dir", stateDir, "--config", join(folder, "none.json"));
    expect(sentence).toMatch(/none\.json cannot be read \(ENOENT\); check --config/);
  });

  it("names a malformed flag and shows how it is called", async () => {
    const { code, sentence } = await refused("--port", "eighty");
    expect(code).toBe(2);
    expect(sentence).toMatch(/--port "eighty" is no port: .*usage: openclaw-sidecar run/);
  });

  it("leaves a damaged store alone and says what to do", async () => {
    await mkdir(stateDir);
    await writeFile(join(stateDir, "sidecar.sqlite"), "garbage ".repeat(1_000));
    const { sentence } = await refused("--port", "0", "--state-dir", stateDir);
    expect(sentence).toMatch(/sidecar\.sqlite is damaged .*move it aside/);
    expect(await readFile(join(stateDir, "sidecar.sqlite"), "utf8")).toBe("garbage ".repeat(1_000));
    expect(await readdir(stateDir)).not.toContain("runtime.json");
  });
});

describe("a sidecar that is told to stop", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("says goodbye on %s, closes with 1012 and ends with 0", async (signal) => {
    const sidecar = await start();
    const client = await RawGatewayClient.open(sidecar.url);
    await client.hello(sidecar.token);
    const code = sidecar.kill(signal);
    expect((await client.event<{ reason: string }>("shutdown")).payload.reason).toBe("gateway stopping");
    expect(await client.closed).toEqual({ code: 1012, reason: "service restart" });
    expect(await code).toBe(0);
    expect(existsSync(join(stateDir, "runtime.json"))).toBe(false);
  });

  it("stops also when clients, known or not, never answer the goodbye", async () => {
    const sidecar = await start();
    const sockets = [new WebSocket(sidecar.url), new WebSocket(sidecar.url)] as const;
    const [challenge] = await Promise.all(sockets.map(nextFrame<EventFrame<Challenge>>));
    if (challenge === undefined) throw new Error("no challenge");
    const params = connectParams(sidecar.token, challenge.payload, {});
    sockets[0].send(JSON.stringify({ type: "req", id: "c", method: "connect", params }));
    expect(await nextFrame<ResFrame>(sockets[0])).toMatchObject({ id: "c", ok: true });
    for (const socket of sockets) socket.pause();
    expect(await sidecar.kill("SIGTERM")).toBe(0);
    for (const socket of sockets) socket.terminate();
  });
});

function nextFrame<T>(socket: WebSocket): Promise<T> {
  return new Promise((resolve) =>
    socket.once("message", (data: Buffer) => resolve(JSON.parse(data.toString("utf8")) as T)),
  );
}
