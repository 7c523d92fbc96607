import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { uploadByExec } from "../../../remote/onboarding/upload.ts";
import { openLoopbackLine } from "../../../remote/ssh/session/loopback-line.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { HostKeyQuestion, SshPrompts } from "../../../remote/ssh/prompts.ts";
import { openSsh } from "../../../remote/ssh/system/open-ssh.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { type Sshd, freePort, makeKey, startSshd } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { listenTo, newClimb, prompts, startEcho } from "./lab.ts";
import { leftovers, systemLab } from "./system-lab.ts";

const lab = { user: undefined, host: "lab", port: undefined } as const;
const bound = (timeoutMs = 20_000) => ({ signal: new AbortController().signal, timeoutMs });

describe("the system's ssh", () => {
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let lockedKey: string;
  let home: string;
  beforeAll(async () => {
    const keys = await startSshd();
    lockedKey = await makeKey(join(keys.directory, "locked"), { passphrase: "open sesame" });
    const authorizedKeys = [await readFile(`${lockedKey}.pub`, "utf8")];
    // No profile of the account that runs the tests.
    home = await mkdtemp(join(tmpdir(), "openclaw-home-"));
    const config = [`SetEnv HOME=${home}`];
    [sshd, echo] = await Promise.all([startSshd({ authorizedKeys, config }), startEcho()]);
    await writeFile(join(sshd.directory, "locked"), await readFile(lockedKey), { mode: 0o600 });
    lockedKey = join(sshd.directory, "locked");
    await keys.stop();
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  });

  type Options = Parameters<typeof systemLab>[1] & { answers?: Partial<SshPrompts>; server?: Sshd };

  async function transportTo(options: Options = {}): Promise<SshTransport> {
    const { system, environment } = await systemLab(options.server ?? sshd, options);
    const transport = new SshTransport({
      target: lab,
      prompts: prompts(options.answers),
      gatewayPort: echo.port,
      environment,
      system,
    });
    onTestFinished(() => transport.dispose());
    return transport;
  }
  async function sessionOf(options: Options & { interactive?: boolean; climb?: ReturnType<typeof newClimb> } = {}) {
    const { system, environment } = await systemLab(options.server ?? sshd, options);
    const { context } = options.climb ?? newClimb({ interactive: options.interactive ?? true });
    const connection = {
      target: lab,
      prompts: prompts(options.answers),
      memory: new AuthMemory(),
      context,
      environment,
    };
    const session = await openSsh(connection, system);
    onTestFinished(() => session.dispose());
    return session;
  }
  async function nothingLeft(server: Sshd): Promise<void> {
    await expect.poll(() => leftovers(server), { timeout: 10_000 }).toEqual([]);
  }

  it("carries the WebSocket, says on the ladder what it has seen, and leaves nothing behind", async () => {
    const transport = await transportTo();
    const climb = newClimb();
    const socket = await transport.open(climb.context);
    const heard = listenTo(socket);
    expect(await heard.next()).toBe("hello");
    socket.send("through ssh");
    expect(await heard.next()).toBe("through ssh");
    const evidence = Object.fromEntries(climb.ladder().map((rung) => [rung.step, rung.evidence]));
    expect(evidence).toMatchObject({
      resolve: "127.0.0.1 (the system's ssh: chosen)",
      tcp: `127.0.0.1:${sshd.port}`,
      "host-key": "ED25519, known",
      "ssh-auth": `${sshd.user}@lab, ${sshd.keyFile}`,
    });
    expect(await leftovers(sshd)).not.toEqual([]);
    transport.dispose();
    expect((await heard.closed).code).toBe(1006);
    await nothingLeft(sshd);
    await expect.poll(() => sshd.countSessions(), { timeout: 5_000 }).toBe(0);
  });

  it("tells its sockets when the connection is killed, and is made again by the next one", async () => {
    const transport = await transportTo();
    const heard = listenTo(await transport.open(newClimb().context));
    await heard.next();
    const told = new Promise<string>((resolve) => transport.session?.onClose(({ code }) => resolve(code)));
    await sshd.killSessions();
    expect((await heard.closed).code).toBe(1006);
    expect(await told).toBe("SSH_CLOSED");
    const again = await transport.open(newClimb({ interactive: false }).context);
    expect(await listenTo(again).next()).toBe("hello");
  });

  it("runs commands with their input, output, errors and exit code, within their bounds", async () => {
    const session = await sessionOf();
    const more = { ...bound(), maxBytes: 1_000 };
    expect(await session.exec("cat; echo err >&2; exit 3", { ...more, input: "in" })).toEqual({
      kind: "done",
      code: 3,
      stdout: "in",
      stderr: expect.stringContaining("err\n") as unknown,
      truncated: false,
    });
    expect(await session.exec("yes", more)).toMatchObject({ truncated: true, stdout: "y\n".repeat(500) });
    expect((await faultOf(session.exec("sleep 60", { ...bound(500), maxBytes: 1 }))).code).toBe("SSH_TIMEOUT");
    expect(await session.exec("exit 255", more)).toMatchObject({ kind: "done", code: 255 });
    expect(session.isAlive).toBe(true);
  });

  it("uploads a file, byte for byte", async () => {
    const session = await sessionOf();
    const bytes = randomBytes(3_000_000);
    const path = join(sshd.directory, "uploaded");
    await uploadByExec(session, { bytes, path, signal: new AbortController().signal });
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it("says what is on the other side of a port, and of a server that forbids it", async () => {
    const session = await sessionOf();
    const nothing = await faultOf(session.openTcpChannel({ host: "127.0.0.1", port: await freePort() }, bound()));
    expect(nothing.code).toBe("GATEWAY_NOT_RUNNING");
    const server = await startSshd({ config: ["AllowTcpForwarding no"] });
    onTestFinished(() => server.stop());
    const strict = await sessionOf({ server });
    const place = { host: "127.0.0.1", port: echo.port };
    expect((await faultOf(strict.openTcpChannel(place, bound()))).code).toBe("FORWARDING_FORBIDDEN");
  });

  it("goes to localhost where the server forwards to that name and not to the address", async () => {
    const server = await startSshd({ config: [`PermitOpen localhost:${echo.port}`] });
    onTestFinished(() => server.stop());
    const session = await sessionOf({ server });
    const line = await openLoopbackLine(session, echo.port, bound());
    line.end("GET / HTTP/1.0\r\n\r\n");
    expect(String((await line.toArray())[0])).toContain("426 Upgrade Required");
  });

  it("says when the server runs no command", async () => {
    const server = await startSshd({ config: ["MaxSessions 0"] });
    onTestFinished(() => server.stop());
    const session = await sessionOf({ server });
    expect(await session.exec("true", { ...bound(), maxBytes: 1 })).toMatchObject({ kind: "refused" });
  });

  describe("and host keys", () => {
    const asking = (answer: "remember" | "once" | "cancel", asked: HostKeyQuestion[] = []): Partial<SshPrompts> => ({
      async hostKey(question) {
        asked.push(question);
        return answer;
      },
    });
    const emptyFile = async (): Promise<string> => {
      const file = join(sshd.directory, `known-${Math.random()}`);
      await writeFile(file, "");
      return file;
    };

    it("asks about an unknown one, and remembers it when told to", async () => {
      const knownHosts = await emptyFile();
      const asked: HostKeyQuestion[] = [];
      const climb = newClimb();
      await sessionOf({ knownHosts, answers: asking("remember", asked), climb });
      const { host, port, hostKeyFingerprint: fingerprint } = sshd;
      expect(asked).toEqual([{ host, port, keyType: "ED25519", fingerprint, savedIn: knownHosts }]);
      expect(climb.ladder().find(({ step }) => step === "host-key")?.evidence).toBe("ED25519, now known");
      expect(await readFile(knownHosts, "utf8")).toBe(`[127.0.0.1]:${port} ${sshd.hostPublicKey}\n`);
      await sessionOf({ knownHosts, interactive: false });
    });

    it("trusts it once when told to, which holds for the reconnect and is written nowhere", async () => {
      const knownHosts = await emptyFile();
      const transport = await transportTo({ knownHosts, answers: asking("once") });
      await listenTo(await transport.open(newClimb().context)).next();
      await sshd.killSessions();
      await expect.poll(() => transport.session).toBeUndefined();
      const climb = newClimb({ interactive: false });
      await transport.open(climb.context);
      expect(climb.ladder().find(({ step }) => step === "host-key")?.evidence).toBe("ED25519, trusted once");
      expect(await readFile(knownHosts, "utf8")).toBe("");
    });

    it("ends without a trace when the person cancels", async () => {
      const knownHosts = await emptyFile();
      await expect(sessionOf({ knownHosts, answers: asking("cancel") })).rejects.toBeInstanceOf(CancelledError);
      expect(await readFile(knownHosts, "utf8")).toBe("");
      await nothingLeft(sshd);
    });

    it.each(["StrictHostKeyChecking no", "StrictHostKeyChecking accept-new"])(
      "refuses an unknown one when nobody is asked, whatever ssh_config says (%s)",
      async (config) => {
        const knownHosts = await emptyFile();
        const error = await faultOf(sessionOf({ knownHosts, config, interactive: false }));
        expect(error.code).toBe("HOST_KEY_UNKNOWN");
        expect(factOf(error, "now")).toBe(sshd.hostKeyFingerprint);
      },
    );

    it("refuses another one than the known one, and names the line", async () => {
      const other = await startSshd();
      onTestFinished(() => other.stop());
      const knownHosts = await emptyFile();
      await writeFile(knownHosts, `[127.0.0.1]:${sshd.port} ${other.hostPublicKey}\n`);
      const error = await faultOf(sessionOf({ knownHosts }));
      expect(error.code).toBe("HOST_KEY_CHANGED");
      expect(factOf(error, "known")).toBe(other.hostKeyFingerprint);
      expect(factOf(error, "now")).toBe(sshd.hostKeyFingerprint);
      expect(factOf(error, "savedIn")).toBe(`${knownHosts}:1`);
      await nothingLeft(sshd);
    });

    it("refuses a revoked one", async () => {
      const knownHosts = await emptyFile();
      await writeFile(knownHosts, `@revoked * ${sshd.hostPublicKey}\n`);
      expect((await faultOf(sessionOf({ knownHosts }))).code).toBe("HOST_KEY_REVOKED");
    });
  });

  describe("and secrets", () => {
    it("has the passphrase of a key typed, once", async () => {
      const asked: string[] = [];
      const answers: Partial<SshPrompts> = {
        async passphrase({ keyFile }) {
          asked.push(keyFile);
          return "open sesame";
        },
      };
      const session = await sessionOf({ key: lockedKey, config: "IdentitiesOnly yes", answers });
      expect(asked).toEqual([lockedKey]);
      expect(session.isAlive).toBe(true);
    });

    it("does not ask again for a wrong one", async () => {
      let asked = 0;
      const answers: Partial<SshPrompts> = {
        async passphrase() {
          asked++;
          return "wrong";
        },
      };
      const error = await faultOf(sessionOf({ key: lockedKey, config: "IdentitiesOnly yes", answers }));
      expect(error.code).toBe("SSH_AUTH_FAILED");
      expect(asked).toBe(1);
      await nothingLeft(sshd);
    });

    it("cancels the whole connect when a prompt is cancelled, or the connect itself", async () => {
      const cancelling: Partial<SshPrompts> = { passphrase: async () => undefined };
      const options = { key: lockedKey, config: "IdentitiesOnly yes" };
      await expect(sessionOf({ ...options, answers: cancelling })).rejects.toBeInstanceOf(CancelledError);
      await nothingLeft(sshd);
      const climb = newClimb();
      const aborting: Partial<SshPrompts> = {
        passphrase: () => {
          climb.abort.abort();
          return new Promise(() => undefined);
        },
      };
      await expect(sessionOf({ ...options, answers: aborting, climb })).rejects.toBeInstanceOf(CancelledError);
      await nothingLeft(sshd);
    });

    it("never asks when nobody is there", async () => {
      const error = await faultOf(sessionOf({ key: lockedKey, config: "IdentitiesOnly yes", interactive: false }));
      expect(error.code).toBe("SSH_AUTH_FAILED");
    });

    it("has a password typed, for this host and this user", async () => {
      const server = await startSshd({ config: ["PasswordAuthentication yes", "PubkeyAuthentication no"] });
      onTestFinished(() => server.stop());
      const asked: object[] = [];
      const answers: Partial<SshPrompts> = {
        async password(question) {
          asked.push(question);
          return "not the password";
        },
      };
      const error = await faultOf(sessionOf({ server, answers }));
      expect(error.code).toBe("SSH_AUTH_FAILED");
      expect(asked).toEqual([{ user: server.user, host: "127.0.0.1", attempt: 1 }]);
    });
  });

  describe("when the server cannot be reached", () => {
    it.each([
      ["TCP_REFUSED", "tcp", "HostName 127.0.0.1\nPort 1"],
      ["DNS_FAILED", "resolve", "HostName nowhere.invalid"],
      ["SSH_CONFIG_INVALID", "resolve", "NoSuchOption yes"],
    ])("fails with %s on the rung %s", async (code, rung, config) => {
      const error = await faultOf(sessionOf({ config }));
      expect([error.code, error.step]).toEqual([code, rung]);
      await nothingLeft(sshd);
    });

    it("says when something else than SSH answers", async () => {
      const error = await faultOf(sessionOf({ config: `Port ${echo.port}` }));
      expect(["NOT_SSH", "SSH_CLOSED"]).toContain(error.code);
    });

    it("gives up when the server says nothing, and can be cancelled while it waits", async () => {
      const silent = createServer().listen(0, "127.0.0.1");
      onTestFinished(() => void silent.close());
      await new Promise((resolve) => silent.once("listening", resolve));
      const address = silent.address();
      const port = typeof address === "object" ? address?.port : undefined;
      const config = `Port ${port}\nConnectTimeout 1`;
      expect((await faultOf(sessionOf({ config }))).code).toBe("SSH_TIMEOUT");
      const climb = newClimb({ onStep: (step) => step === "host-key" && climb.abort.abort() });
      await expect(sessionOf({ config, climb })).rejects.toBeInstanceOf(CancelledError);
      await nothingLeft(sshd);
    });
  });

  describe("through a jump host", () => {
    let goal: Sshd;
    beforeAll(async () => {
      goal = await startSshd();
      return () => goal.stop();
    });
    /** `lab` is the goal, reached through the first server as `jump`. */
    const jumping = (known: string, more = ""): string =>
      [
        "Host jump",
        `  HostName 127.0.0.1\n  Port ${sshd.port}\n  IdentityFile ${sshd.keyFile}`,
        `  UserKnownHostsFile ${known}\n  ${more}`,
        "Host lab\n  ProxyJump jump",
        "",
      ].join("\n");

    it("reaches the goal, and says how", async () => {
      const climb = newClimb();
      const session = await sessionOf({ server: goal, config: jumping(sshd.knownHostsFile), climb });
      expect(climb.ladder()[1]?.evidence).toBe("through ProxyJump jump");
      const line = await session.openTcpChannel({ host: "127.0.0.1", port: echo.port }, bound());
      line.destroy();
      expect(goal.log()).toContain("Accepted publickey");
    });

    it("holds it to its host key as well", async () => {
      const error = await faultOf(sessionOf({ server: goal, config: jumping("/dev/null"), interactive: false }));
      expect(error.code).toBe("HOST_KEY_UNKNOWN");
      expect([factOf(error, "port"), factOf(error, "now")]).toEqual([String(sshd.port), sshd.hostKeyFingerprint]);
      const lax = jumping("/dev/null", "StrictHostKeyChecking no");
      expect((await faultOf(sessionOf({ server: goal, config: lax }))).code).toBe("SSH_CONFIG_INVALID");
      await nothingLeft(goal);
    });
  });

  describe("in place of the built-in one", () => {
    const asked: string[] = [];
    const allowing: Partial<SshPrompts> = {
      async proxyCommand({ command }) {
        asked.push(command);
        return "run";
      },
    };

    it("is used for Match exec once a person has allowed its command, and not before", async () => {
      asked.length = 0;
      const ran = join(sshd.directory, "ran");
      const config = `Match originalhost lab exec "touch ${ran}"\n`;
      const refused = await faultOf(sessionOf({ config, choice: "auto", interactive: false }));
      expect(refused.code).toBe("SSH_CONFIG_INVALID");
      expect((await faultOf(sessionOf({ config, choice: "built-in", answers: allowing }))).code).toBe(
        "SSH_CONFIG_INVALID",
      );
      expect(existsSync(ran)).toBe(false);

      const transport = await transportTo({ config, choice: "auto", answers: allowing });
      const climb = newClimb();
      expect(await listenTo(await transport.open(climb.context)).next()).toBe("hello");
      expect(existsSync(ran)).toBe(true);
      expect(asked).toEqual([`touch ${ran}`]);
      expect(climb.ladder()[0]?.evidence).toContain("Match exec");

      await sshd.killSessions();
      await expect.poll(() => transport.session).toBeUndefined();
      await transport.open(newClimb({ interactive: false }).context);
      expect(asked).toHaveLength(1);
    });

    it("is used where ssh_config wishes what only it can do", async () => {
      const climb = newClimb();
      await sessionOf({ config: "BindAddress 127.0.0.1\n", choice: "auto", climb });
      expect(climb.ladder()[0]?.evidence).toContain("BindAddress in ssh_config");
      asked.length = 0;
      const config = `KnownHostsCommand /bin/cat ${sshd.knownHostsFile}\n`;
      const refused = await faultOf(sessionOf({ config, choice: "auto", interactive: false }));
      expect(refused.code).toBe("SSH_CONFIG_INVALID");
      await sessionOf({ config, choice: "auto", answers: allowing });
      expect(asked).toEqual([`/bin/cat ${sshd.knownHostsFile}`]);
    });

    it("is used when the built-in one shares no algorithm with the server", async () => {
      const server = await startSshd({ config: ["KexAlgorithms sntrup761x25519-sha512@openssh.com"] });
      onTestFinished(() => server.stop());
      const climb = newClimb();
      await sessionOf({ server, choice: "auto", climb });
      expect(climb.ladder()[0]?.evidence).toContain("no algorithm");
      expect((await faultOf(sessionOf({ server, choice: "built-in" }))).code).toBe("SSH_KEX_FAILED");
    });

    it("is not used for what the built-in one can do", async () => {
      const climb = newClimb();
      await sessionOf({ choice: "auto", climb });
      expect(climb.ladder()[0]?.evidence).toBe("127.0.0.1");
    });

    it("is not used after an ordinary refusal, which would only knock a second time", async () => {
      const key = await makeKey(join(sshd.directory, `stranger-${Math.random()}`));
      const error = await faultOf(sessionOf({ key, choice: "auto", config: "IdentitiesOnly yes" }));
      expect(error.message).toContain("tried");
    });
  });

  it("says so when there is none, and takes none from the current directory", async () => {
    const { system, environment } = await systemLab(sshd);
    const directory = join(sshd.directory, "workspace");
    await mkdir(directory, { recursive: true });
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, "ssh"), "#!/bin/sh\nexit 0\n");
    await chmod(join(directory, "ssh"), 0o755);
    const before = process.cwd();
    process.chdir(directory);
    onTestFinished(() => process.chdir(before));
    const env = { PATH: ["", ".", "bin"].join(delimiter) };
    const connection = { target: lab, prompts: prompts(), memory: new AuthMemory(), context: newClimb().context };
    const error = await faultOf(openSsh({ ...connection, environment: { ...environment, env } }, system));
    expect(error.code).toBe("SSH_CLIENT_MISSING");
  });
});
