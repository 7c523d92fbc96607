import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { WebSocketServer } from "ws";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { targetKey } from "../../../extension/connection/profile.ts";
import { localCredential } from "../../../extension/connection/transports.ts";
import { type RemoteWindow, ownHostId, windowAuthority } from "../../../extension/connection/window-host.ts";
import { type WindowPorts, WindowTransport, nearEnd } from "../../../extension/connection/window-transport.ts";
import type { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { LadderReporter, climb, emptyLadder } from "../../../protocol/ladder/steps.ts";
import { newClimb } from "../../integration/remote/lab.ts";

const HOST = "ssh-remote+home";

let home: string;
let server: WebSocketServer;
let port: number;
let sockets = 0;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "openclaw-window-"));
  sockets = 0;
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" }).on("connection", () => void (sockets += 1));
  await new Promise((resolve) => server.once("listening", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true, force: true });
});

const on = (id: string, more: { isHere?: boolean; forward?: RemoteWindow["forward"] } = {}): RemoteWindow => ({
  host: async () => ({ id, isHere: more.isHere ?? false }),
  forward: more.forward ?? (() => Promise.reject(new Error("nothing is forwarded"))),
});
const portsOf = (remoteWindow: RemoteWindow): WindowPorts => ({
  remoteWindow,
  sidecarStateDir: home,
  configEnvironment: { env: { OPENCLAW_CONFIG_PATH: join(home, "openclaw.json") }, home },
});
const way = (remoteWindow: RemoteWindow, more: { gatewayPort?: number; window?: string } = {}) => {
  const { window = HOST, ...rest } = more;
  const transport = new WindowTransport({ kind: "window", window, ...rest }, portsOf(remoteWindow));
  let ladder = emptyLadder;
  const reporter = new LadderReporter((event) => (ladder = climb(ladder, event)));
  const stop = new AbortController();
  const open = async () => {
    const socket = await transport.open({ signal: stop.signal, ladder: reporter, interactive: true });
    socket.close();
  };
  const resolved = () => ladder.find(({ step }) => step === "resolve");
  return { transport, open, stop, resolved };
};
const runtime = (at: number) =>
  writeFile(join(home, "runtime.json"), JSON.stringify({ pid: process.pid, url: `ws://127.0.0.1:${at}` }));

describe("the host of a window", () => {
  const remote = (authority: string) => ({ scheme: "vscode-remote", authority });
  const open = (more: Partial<Parameters<typeof windowAuthority>[0]>) =>
    windowAuthority({ remoteName: "ssh-remote", workspaceFile: undefined, folders: [], ...more });

  it("is the one of its folder, of its workspace file, or of both", () => {
    expect(open({ folders: [remote(HOST)] })).toBe(HOST);
    expect(open({ workspaceFile: remote(HOST) })).toBe(HOST);
    expect(open({ workspaceFile: remote(HOST), folders: [{ scheme: "memfs", authority: "x" }, remote(HOST)] })).toBe(
      HOST,
    );
    expect(open({ workspaceFile: { scheme: "untitled", authority: "" }, folders: [remote(HOST)] })).toBe(HOST);
  });

  it.each([
    ["nothing is open", {}],
    ["the window is on this computer", { remoteName: undefined, folders: [remote(HOST)] }],
    ["a folder is on another kind of remote", { folders: [remote("wsl+Debian")] }],
    ["a folder is of another file system", { folders: [{ scheme: "vscode-vfs", authority: HOST }] }],
    ["the folders do not agree", { folders: [remote(HOST), remote("ssh-remote+evil")] }],
    [
      "a workspace file names folders of another host",
      { workspaceFile: remote("ssh-remote+evil"), folders: [remote(HOST)] },
    ],
    [
      "a workspace file of this computer names them",
      { workspaceFile: { scheme: "file", authority: "" }, folders: [remote(HOST)] },
    ],
    ["it could be taken for the id of a computer", { folders: [remote("ssh-remote/0123456789abcdef")] }],
    ["it has characters of no authority", { folders: [remote("ssh-remote+ho#me")] }],
  ])("is not told when %s", (_why, more) => {
    expect(open(more)).toBeUndefined();
  });

  it("has an id of its own where the extension runs on it, drawn once and for its owner alone", async () => {
    const id = await ownHostId(join(home, "deep", "storage"), "my host#1");
    expect(id).toMatch(/^my-host-1\/[0-9a-f]{16}$/);
    expect(await ownHostId(join(home, "deep", "storage"), "my host#1")).toBe(id);
    expect(await ownHostId(join(home, "other"), "my host#1")).not.toBe(id);
    await writeFile(join(home, "host-id"), "../x");
    await expect(ownHostId(home, "h")).rejects.toThrow("host-id");
    expect(await readFile(join(home, "host-id"), "utf8")).toBe("../x");
  });

  it("is part of the key that secrets are kept under", () => {
    const keys = [HOST, "ssh-remote+work", "wsl+home"].map((window) => targetKey({ kind: "window", window }));
    keys.push(
      targetKey({ kind: "window", window: HOST, gatewayPort: 1 }),
      targetKey({ kind: "ssh", destination: HOST }),
    );
    expect(new Set(keys).size).toBe(5);
  });
});

describe("a Gateway on the host of this window", () => {
  it("is reached on plain loopback where the extension runs there, at the port of the setting", async () => {
    const { open, transport, resolved } = way(on(HOST, { isHere: true }), { gatewayPort: port });
    await open();
    expect(transport.path).toBe(`ws://127.0.0.1:${port}/`);
    expect(transport.isProven).toBe(true);
    expect(resolved()).toMatchObject({ status: "passed", evidence: `127.0.0.1:${port}, configured` });
  });

  it("is found by openclaw.json before a running sidecar, and by the sidecar without it", async () => {
    await runtime(port);
    const bySidecar = way(on(HOST, { isHere: true }));
    await bySidecar.open();
    expect(bySidecar.resolved()?.evidence).toBe(`127.0.0.1:${port}, sidecar`);
    await runtime(1);
    await writeFile(join(home, "openclaw.json"), `{ gateway: { port: ${port} } }`);
    const byConfig = way(on(HOST, { isHere: true }));
    await byConfig.open();
    expect(byConfig.resolved()?.evidence).toBe(`127.0.0.1:${port}, openclaw.json`);
  });

  it("is OpenClaw on the port that it was started with, before what openclaw.json says", async () => {
    await writeFile(join(home, "openclaw.json"), "{ gateway: { port: 1 } }");
    const lock = { pid: process.pid, stateDir: join(home, ".openclaw"), configPath: join(home, "openclaw.json"), port };
    await mkdir(join(home, ".openclaw/tmp/openclaw-0"), { recursive: true });
    await writeFile(join(home, ".openclaw/tmp/openclaw-0/gateway.state.lock"), JSON.stringify(lock));
    const started = way(on(HOST, { isHere: true }));
    await started.open();
    expect(started.resolved()?.evidence).toBe(`127.0.0.1:${port}, lock file`);
    expect(started.transport.portHere).toBe(port);
  });

  it("is the sidecar, whatever openclaw.json says, where the person has chosen it", async () => {
    await runtime(port);
    await writeFile(join(home, "openclaw.json"), "{ gateway: { port: 1 } }");
    const target = { kind: "window", window: HOST } as const;
    const ports = { ...portsOf(on(HOST, { isHere: true })), prefersSidecar: () => true };
    const { context } = newClimb();
    (await new WindowTransport(target, ports).open(context)).close();
    await rm(join(home, "runtime.json"));
    await expect(new WindowTransport(target, ports).open(context)).rejects.toMatchObject({
      code: "GATEWAY_NOT_RUNNING",
      step: "tcp",
      facts: [
        { label: "host", value: "127.0.0.1" },
        { label: "port", value: "1" },
      ],
    });
  });

  it("is not guessed past an openclaw.json that cannot be read", async () => {
    await writeFile(join(home, "openclaw.json"), "{ gateway: { port: 'x' } }");
    await expect(way(on(HOST, { isHere: true })).open()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("is reached through VS Code's forwarding where the extension runs here, which is asked at every climb", async () => {
    const forward = vi.fn(async () => `http://127.0.0.1:${port}/`);
    const { open, transport, resolved } = way(on(HOST, { forward }));
    await open();
    await open();
    expect(forward.mock.calls).toEqual([[18_789], [18_789]]);
    expect(sockets).toBe(2);
    const name = `VS Code's forwarding, 127.0.0.1:18789 → 127.0.0.1:${port}`;
    expect(transport.path).toBe(name);
    expect(resolved()).toMatchObject({ status: "passed", evidence: name });
    expect(transport.isProven).toBe(false);
  });

  it.each([
    ["another host", on("ssh-remote+work", { forward: vi.fn() })],
    ["a host that cannot be told", { host: async () => undefined, forward: vi.fn() }],
  ])("is refused in a window on %s, and VS Code is not asked for a way", async (_name, window) => {
    const { open, resolved } = way(window);
    await expect(open()).rejects.toMatchObject({ code: "WINDOW_MISMATCH", step: "resolve" });
    expect(window.forward).not.toHaveBeenCalled();
    expect(resolved()?.status).toBe("failed");
  });

  it("says so when VS Code does not forward, and follows nothing that leads elsewhere", async () => {
    await expect(way(on(HOST)).open()).rejects.toMatchObject({ code: "FORWARD_UNUSABLE" });
    const { open } = way(on(HOST, { forward: async () => `http://127.0.0.1.evil.example:${port}/` }));
    await expect(open()).rejects.toMatchObject({ code: "FORWARD_UNUSABLE" });
    expect(sockets).toBe(0);
  });

  it("takes a port of the setting for what a person has typed", async () => {
    const forward = vi.fn();
    for (const gatewayPort of [0, 1.5, 70_000, -1])
      await expect(way(on(HOST, { forward }), { gatewayPort }).open()).rejects.toMatchObject({
        code: "TARGET_INVALID",
      });
    expect(forward).not.toHaveBeenCalled();
  });

  it("is let go of at once when the person cancels while VS Code forwards", async () => {
    const { open, stop } = way(on(HOST, { forward: () => new Promise<never>(() => stop.abort()) }));
    await expect(open()).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("the near end of VS Code's forwarding", () => {
  it.each([
    ["http://127.0.0.1:53211/", "ws://127.0.0.1:53211/"],
    ["http://localhost:53211", "ws://localhost:53211/"],
    ["https://abc-18789.app.example.dev/", "wss://abc-18789.app.example.dev/"],
  ])("%s is %s", (given, taken) => {
    expect(nearEnd(given).href).toBe(taken);
  });

  it.each([
    "http://192.168.1.5:18789/",
    "http://example.com/",
    "http://127.0.0.1/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
    "http://localhost.evil.example:80/",
    "http://127.0.0.1:80@evil.example/",
    "http://evil@127.0.0.1:80/",
    "http://127.0.0.1:8080/proxy/18789/",
    "http://127.0.0.1:80/?token=x",
    "https://user:pass@evil.example/",
    "https://evil.example/?token=x",
    "https://evil.example/#x",
    "https://a.example\nhttps://b.example/",
    "ws://127.0.0.1:80/",
    "file:///etc/passwd",
    "command:evil",
    "",
  ])("%s is refused, and no secret of it is shown", (given) => {
    const refuse = () => nearEnd(given);
    expect(refuse).toThrow(expect.objectContaining({ code: "FORWARD_UNUSABLE", step: "resolve" }));
    expect(refuse).not.toThrow(/pass@|token=x/);
  });

  it("is loopback or encrypted, whatever text comes", () => {
    const scheme = fc.constantFrom("http://", "https://", "ws://", "HTTP://", "file:///", "");
    const host = fc.oneof(fc.constantFrom("127.0.0.1", "localhost", "evil.example", "[::1]", "a@b"), fc.string());
    const tail = fc.oneof(fc.constantFrom(":80", ":80/", ":0", ":443/x"), fc.string());
    const text = fc.tuple(scheme, host, tail).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (given) => {
        try {
          const { secure, host } = nearEnd(given);
          expect(secure || host === "127.0.0.1" || host === "localhost").toBe(true);
        } catch (error) {
          expect((error as ConnectError).code).toBe("FORWARD_UNUSABLE");
        }
      }),
    );
  });
});

describe("the sidecar's token", () => {
  const token = (window: RemoteWindow, gatewayPort?: number) =>
    localCredential(
      { kind: "window", window: HOST, ...(gatewayPort === undefined ? {} : { gatewayPort }) },
      portsOf(window),
    );

  it("is for the window's host only when the extension runs on it and the Gateway there is that sidecar", async () => {
    await runtime(port);
    await writeFile(join(home, "gateway.token"), "tok\n");
    expect(await token(on(HOST, { isHere: true }))).toEqual({ token: "tok" });
    expect(await token(on(HOST, { isHere: true }), port + 1)).toBeUndefined();
    expect(await token(on(HOST))).toBeUndefined();
    expect(await token(on("ssh-remote+work", { isHere: true }))).toBeUndefined();
  });
});
