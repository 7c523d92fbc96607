import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import { connectSsh } from "../../../remote/ssh/session/connect-ssh.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { startTcpFault } from "../../support/tcp-fault.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { environmentOf, listenTo, newClimb, prompts, startEcho } from "./lab.ts";

describe("an SSH connection in use", () => {
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    [sshd, echo] = await Promise.all([startSshd(), startEcho()]);
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
  });

  const lab = { user: undefined, host: "lab", port: undefined } as const;
  function transportTo(options: { gatewayPort?: number | undefined; config?: string } = {}): SshTransport {
    const environment = environmentOf(sshd);
    const configFiles = options.config === undefined ? [] : [{ path: options.config, includeFrom: sshd.directory }];
    const transport = new SshTransport({
      target: lab,
      prompts: prompts(),
      gatewayPort: "gatewayPort" in options ? options.gatewayPort : echo.port,
      environment: { ...environment, configFiles: [...configFiles, ...environment.configFiles] },
    });
    onTestFinished(() => transport.dispose());
    return transport;
  }
  const logins = (): number => sshd.log().split("Accepted publickey").length - 1;
  const sessionOf = async () => {
    const session = await connectSsh({
      target: lab,
      prompts: prompts(),
      memory: new AuthMemory(),
      context: newClimb().context,
      environment: environmentOf(sshd),
    });
    onTestFinished(() => session.dispose());
    return session;
  };
  const bound = (timeoutMs = 5_000) => ({ signal: new AbortController().signal, timeoutMs });

  it("is shared by several sockets, also when they are opened at once", async () => {
    const before = logins();
    const transport = transportTo();
    const climbs = [newClimb(), newClimb(), newClimb()];
    const sockets = await Promise.all(climbs.map((climb) => transport.open(climb.context)));
    const answers = sockets.map(async (socket, index) => {
      const heard = listenTo(socket);
      await heard.next();
      socket.send(`message ${index}`);
      return heard.next();
    });
    expect(await Promise.all(answers)).toEqual(["message 0", "message 1", "message 2"]);
    expect(logins() - before).toBe(1);
    expect(climbs[1]?.rungs().slice(0, 4)).toEqual([
      "resolve skipped",
      "tcp skipped",
      "host-key skipped",
      "ssh-auth skipped",
    ]);
  });

  it("outlives a socket that is closed, and serves the next one", async () => {
    const before = logins();
    const transport = transportTo();
    for (let round = 0; round < 3; round++) {
      const socket = await transport.open(newClimb().context);
      const heard = listenTo(socket);
      socket.close();
      expect((await heard.closed).code).toBe(1000);
    }
    expect(logins() - before).toBe(1);
    await expect.poll(() => echo.sockets.size).toBe(0);
  });

  it("tells its sockets when it is killed, and is built again by the next one", async () => {
    const before = logins();
    const transport = transportTo();
    const socket = await transport.open(newClimb().context);
    const heard = listenTo(socket);
    await heard.next();
    const ping = socket.ping(5_000);
    await ping;
    const killedAt = performance.now();
    expect(await sshd.killSessions()).toBeGreaterThan(0);
    expect((await heard.closed).code).toBe(1006);
    expect(performance.now() - killedAt).toBeLessThan(2_000);
    expect(socket.isOpen()).toBe(false);
    await expect(socket.ping(1_000)).rejects.toThrow("closed");

    const again = await transport.open(newClimb({ interactive: false }).context);
    expect(await listenTo(again).next()).toBe("hello");
    expect(logins() - before).toBe(2);
  });

  it("is seen as dead within ten seconds when the link goes silent", async () => {
    const fault = await startTcpFault({ host: "127.0.0.1", port: sshd.port });
    onTestFinished(() => fault.stop());
    const config = join(sshd.directory, "through-fault");
    await writeFile(config, `Port ${fault.port}\nHostKeyAlias lab\nUserKnownHostsFile ${sshd.directory}/lab_known\n`);
    await writeFile(join(sshd.directory, "lab_known"), `lab ${sshd.hostPublicKey}\n`);
    const socket = await transportTo({ config }).open(newClimb().context);
    const heard = listenTo(socket);
    await heard.next();
    fault.stall();
    const stalledAt = performance.now();
    expect((await heard.closed).code).toBe(1006);
    const ms = performance.now() - stalledAt;
    expect(ms).toBeGreaterThan(1_000);
    expect(ms).toBeLessThan(10_000);
  });

  it("ends its socket's close handshake even when the other side is frozen", async () => {
    const socket = await transportTo().open(newClimb().context);
    const heard = listenTo(socket);
    await heard.next();
    await sshd.freezeSessions();
    onTestFinished(() => sshd.killSessions().then(() => undefined));
    const startedAt = performance.now();
    socket.close();
    expect((await heard.closed).code).toBe(1006);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("carries a message of several megabytes both ways", async () => {
    const socket = await transportTo().open(newClimb().context);
    const heard = listenTo(socket);
    await heard.next();
    const big = "0123456789abcdef".repeat(512 * 1024);
    socket.send(big);
    expect((await heard.next()) === big).toBe(true);
  });

  it("finds the Gateway's port in the remote openclaw.json, whatever the profile prints", async () => {
    const config = join(sshd.directory, "home-on-the-server");
    await mkdir(join(config, ".openclaw"), { recursive: true });
    await writeFile(join(config, ".openclaw/openclaw.json"), `{ gateway: { port: ${echo.port}, }, /* mine */ }`);
    const server = await startSshd({ config: [`SetEnv HOME=${config}`] });
    onTestFinished(() => server.stop());
    const transport = new SshTransport({ target: lab, prompts: prompts(), environment: environmentOf(server) });
    onTestFinished(() => transport.dispose());
    const climb = newClimb();
    await transport.open(climb.context);
    expect(climb.ladder().find(({ step }) => step === "find-gateway")?.evidence).toBe(
      `127.0.0.1:${echo.port} (openclaw.json)`,
    );
    expect(transport.path).toBe(`ssh lab → 127.0.0.1:${echo.port}`);
  });

  it("falls back to OpenClaw's port when commands are forbidden", async () => {
    const server = await startSshd({ config: ["MaxSessions 0"] });
    onTestFinished(() => server.stop());
    const transport = new SshTransport({ target: lab, prompts: prompts(), environment: environmentOf(server) });
    onTestFinished(() => transport.dispose());
    const climb = newClimb();
    const opened = await transport.open(climb.context).then(
      () => "18789",
      (error: unknown) => factOf(error as never, "port"),
    );
    expect(opened).toBe("18789");
  });

  it("runs commands within their bounds", async () => {
    const session = await sessionOf();
    const run = (command: string, more: { timeoutMs?: number; maxBytes?: number } = {}) =>
      session.exec(command, { ...bound(more.timeoutMs), maxBytes: more.maxBytes ?? 10_000 });
    expect(await run("echo out; echo err >&2; exit 3")).toEqual({
      kind: "done",
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
      truncated: false,
    });
    expect(await run("yes", { maxBytes: 1_000 })).toMatchObject({ truncated: true, stdout: "y\n".repeat(500) });
    expect((await faultOf(run("sleep 60", { timeoutMs: 200 }))).code).toBe("SSH_TIMEOUT");
    expect(session.isAlive).toBe(true);
  });

  it("says that it has ended, to those who listen and to those who come later", async () => {
    const session = await sessionOf();
    const told = new Promise<string>((resolve) => session.onClose(({ code }) => resolve(code)));
    await sshd.killSessions();
    expect(await told).toBe("SSH_CLOSED");
    const late = new Promise<string>((resolve) => session.onClose(({ code }) => resolve(code)));
    expect(await late).toBe("SSH_CLOSED");
    expect((await faultOf(session.openTcpChannel({ host: "127.0.0.1", port: 1 }, bound()))).code).toBe("SSH_CLOSED");
    expect((await faultOf(session.exec("true", { ...bound(), maxBytes: 1 }))).code).toBe("SSH_CLOSED");
  });

  it("leaves nothing behind on the server when it is disposed", async () => {
    const transport = transportTo();
    await transport.open(newClimb().context);
    transport.dispose();
    await expect.poll(() => echo.sockets.size).toBe(0);
    await expect.poll(() => sshd.countSessions(), { timeout: 3_000 }).toBe(0);
  });
});

describe("jump hosts", () => {
  const servers: Sshd[] = [];
  let echo: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    // Only the last one may reach the Gateway; each has its own host key and its own authorized key.
    servers.push(...(await Promise.all([startSshd(), startSshd(), startSshd()])));
    echo = await startEcho();
  });
  afterAll(async () => {
    await Promise.all([...servers.map((server) => server.stop()), echo?.stop()]);
  });

  async function open(knownHosts: readonly Sshd[], options: { secondPort?: number } = {}) {
    const [first, second, goal] = servers;
    if (first === undefined || second === undefined || goal === undefined) throw new Error("no servers");
    const file = join(goal.directory, "jump-config");
    const known = join(goal.directory, "jump-known");
    const lines = await Promise.all(knownHosts.map(async (server) => readFile(server.knownHostsFile, "utf8")));
    await writeFile(known, lines.join(""));
    const host = (name: string, server: Sshd, more = ""): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${server.port}\n  IdentityFile ${server.keyFile}\n  ${more}\n`;
    const jumpTo = options.secondPort === undefined ? "second" : `second:${options.secondPort}`;
    await writeFile(
      file,
      [
        host("first", first),
        host("second", second),
        host("goal", goal, `ProxyJump first,${jumpTo}`),
        "Host loop\n  ProxyJump loop",
        `Host *\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile none\n  IdentityAgent none`,
      ].join("\n"),
    );
    const transport = (name: string) =>
      new SshTransport({
        target: { user: goal.user, host: name, port: undefined },
        prompts: prompts(),
        gatewayPort: echo.port,
        environment: environmentOf({ ...goal, configFile: file }),
      });
    return { transport, first, second, goal };
  }

  it("are passed one inside the other, each signed in to by itself", async () => {
    const { transport, first, second, goal } = await open(servers);
    const way = transport("goal");
    const climb = newClimb();
    const heard = listenTo(await way.open(climb.context));
    expect(await heard.next()).toBe("hello");
    for (const server of [first, second, goal]) expect(server.log()).toContain("Accepted publickey");
    expect(climb.ladder().find(({ step }) => step === "tcp")?.evidence).toMatch(/through .*@second/);
    way.dispose();
    for (const server of [first, second, goal])
      await expect.poll(() => server.countSessions(), { timeout: 3_000 }).toBe(0);
  });

  it.each([0, 1, 2])("are each held to their own host key (hop %i unknown)", async (unknown) => {
    const { transport } = await open(servers.filter((_server, index) => index !== unknown));
    const error = await faultOf(transport("goal").open(newClimb({ interactive: false }).context));
    expect(error.code).toBe("HOST_KEY_UNKNOWN");
    expect(factOf(error, "port")).toBe(String(servers[unknown]?.port));
    for (const server of servers) await expect.poll(() => server.countSessions(), { timeout: 3_000 }).toBe(0);
  });

  it("end the socket when the first of them dies", async () => {
    const { transport, first } = await open(servers);
    const way = transport("goal");
    const heard = listenTo(await way.open(newClimb().context));
    await heard.next();
    await first.killSessions();
    expect((await heard.closed).code).toBe(1006);
    way.dispose();
  });

  it("say which host could not be reached through them", async () => {
    const { transport } = await open(servers, { secondPort: 1 });
    const error = await faultOf(transport("goal").open(newClimb().context));
    expect(error.code).toBe("TCP_REFUSED");
    expect(factOf(error, "port")).toBe("1");
    expect(error.message).toContain("through");
  });

  it("that go round in circles are refused", async () => {
    const { transport } = await open(servers);
    expect((await faultOf(transport("loop").open(newClimb().context))).code).toBe("SSH_CONFIG_INVALID");
  });
});
