import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { chooseNode } from "../../../remote/onboarding/node-candidates.ts";
import { probeEvidence, probeHost } from "../../../remote/onboarding/probe-host.ts";
import { NODE } from "../../support/sidecar.ts";
import { startEcho } from "../remote/lab.ts";
import { DEAD_PID, type Host, type HostOptions, SFTP, startHost, writeLock } from "./host.ts";

const RUN_WITH = (shell: string) => `exec ${shell} -c "$SSH_ORIGINAL_COMMAND"`;
const signal = new AbortController().signal;

describe("looking round on a host", () => {
  let host: Host;
  afterEach(() => host?.stop());

  const probe = async (options: HostOptions = {}) => {
    host = await startHost(options);
    return probeHost(await host.connect(), { signal });
  };

  it("finds the system, the home directory and a Node that only nvm knows", async () => {
    const seen = await probe();
    expect(seen).toMatchObject({
      os: "Linux",
      home: host.home,
      uid: process.getuid?.(),
      host: `${host.sshd.user}@lab`,
    });
    expect(chooseNode(seen.nodes)).toMatchObject({ path: expect.stringMatching(/node$/), version: expect.any(String) });
    expect(seen.nodes.map(({ source }) => source)).toContain("nvm");
    expect(probeEvidence(seen)).toMatch(/^Linux \S+, Node \d+\.\d+\.\d+ \(\w+\), /);
  });

  it.for([
    ["fish", "/usr/bin/fish"],
    ["csh", "/usr/bin/csh"],
    ["tcsh", "/usr/bin/tcsh"],
    ["dash", "/bin/dash"],
  ] as const)("works when the login shell is %s", async ([name, path], { skip }) => {
    skip(!existsSync(path), `${name} is not installed (apt-get install ${name})`);
    const seen = await probe({ loginShell: RUN_WITH(path) });
    expect(seen.home).toBe(host.home);
  });

  it("works when the profile talks before and after every command", async () => {
    const noise = 'echo "openclaw:begin"; yes "Welcome to \\$HOME" | head -500; printf "no line end"';
    const seen = await probe({
      loginShell: `${noise}; /bin/bash -c "$SSH_ORIGINAL_COMMAND"; code=$?; ${noise}; exit $code`,
    });
    expect(seen.home).toBe(host.home);
  });

  it("works when PATH is missing", async () => {
    const seen = await probe({ loginShell: 'unset PATH; exec /bin/bash -c "unset PATH; $SSH_ORIGINAL_COMMAND"' });
    expect(seen.os).toBe("Linux");
    expect(seen.nodes.map(({ source }) => source)).toContain("nvm");
  });

  it("works when the server has one session and no SFTP", async () => {
    expect((await probe({ config: ["MaxSessions 1"] })).home).toBe(host.home);
  });

  it("finds a Node that a VS Code Server brought", async () => {
    host = await startHost({ node: "none", config: [SFTP] });
    await host.write(".vscode-server/cli/servers/Stable-abc/server/product.json", "{}");
    await symlink(NODE, join(host.home, ".vscode-server/cli/servers/Stable-abc/server/node"));
    const seen = await probeHost(await host.connect(), { signal });
    expect(seen.nodes.map(({ source }) => source)).toContain("vscode-server");
  });

  it("finds the Gateway of an openclaw.json with comments, and whether it answers", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    host = await startHost();
    await host.write(
      ".openclaw/openclaw.json",
      `// mine\n{ gateway: { port: ${port}, auth: { mode: "token", token: "very-secret-token", }, }, }\n`,
    );
    const seen = await probeHost(await host.connect(), { signal });
    expect(seen.openclaw).toMatchObject({
      configPath: join(host.home, ".openclaw/openclaw.json"),
      port,
      authMode: "token",
    });
    expect(seen.gateways).toContainEqual({ kind: "openclaw", port });
    expect(JSON.stringify(seen)).not.toContain("very-secret-token");
    await new Promise((resolve) => server.close(resolve));
  });

  it("finds every OpenClaw that runs there, by what each wrote down when it started", async () => {
    host = await startHost();
    const [own, rescue] = [await startEcho(), await startEcho()];
    onTestFinished(async () => void (await Promise.all([own.stop(), rescue.stop()])));
    await host.write(".openclaw/openclaw.json", "{ gateway: { port: 19000 } }");
    await writeLock(host, ".openclaw", { port: own.port });
    await writeLock(host, ".openclaw-rescue", { port: rescue.port });
    await writeLock(host, ".openclaw-gone", { port: 19_555, pid: DEAD_PID });
    await host.write(".openclaw-odd/tmp/openclaw-0/gateway.state.lock", `{"pid": ${process.pid}, "port": "x"}`);
    const seen = await probeHost(await host.connect(), { signal });
    const at = (stateDir: string) => ({
      stateDir: join(host.home, stateDir),
      configPath: join(host.home, stateDir, "openclaw.json"),
    });
    expect(seen.openclaw.running).toEqual([
      { ...at(".openclaw"), port: own.port, profile: undefined },
      { ...at(".openclaw-rescue"), port: rescue.port, profile: "rescue" },
    ]);
    expect(seen.gateways.filter(({ port }) => port !== 18_789)).toEqual([
      { kind: "openclaw", port: own.port },
      { kind: "openclaw", port: rescue.port, profile: "rescue" },
    ]);
    expect(probeEvidence(seen)).toContain(`openclaw (rescue) on 127.0.0.1:${rescue.port}`);
  });

  it("tells what it may reach where the server forwards to one port only", async () => {
    const gateway = await startEcho();
    onTestFinished(() => gateway.stop());
    host = await startHost({ config: [SFTP, `PermitOpen 127.0.0.1:${gateway.port}`] });
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port: gateway.port } }));
    const seen = await probeHost(await host.connect(), { signal });
    expect(seen.gateways).toEqual([{ kind: "openclaw", port: gateway.port }]);
  });

  it("says which host cannot be set up, and why, when it runs no scripts", async () => {
    const failure = await probe({ loginShell: 'echo "This account is currently not available." >&2; exit 1' }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ConnectError);
    expect(failure).toMatchObject({ code: "HOST_UNSUPPORTED" });
    expect(String(failure)).toContain("This account is currently not available.");
  });

  it("does not wait for a shell that says nothing, and reads no endless answer", async () => {
    const endless = await probe({ loginShell: "exec yes" }).catch((error: unknown) => error);
    expect(endless).toMatchObject({ code: "HOST_UNSUPPORTED" });
    await host.stop();
    host = await startHost({ loginShell: "exec sleep 60" });
    const abort = new AbortController();
    const waiting = probeHost(await host.connect(), { signal: abort.signal }).catch((error: unknown) => error);
    setTimeout(() => abort.abort(), 50);
    expect(await waiting).toMatchObject({ name: "CancelledError" });
  });
});
