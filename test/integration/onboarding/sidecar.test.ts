import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { connectGateway } from "../../../remote/connect.ts";
import { type InstallSidecarOptions, installSidecar } from "../../../remote/onboarding/install-sidecar.ts";
import { probeEvidence, probeHost } from "../../../remote/onboarding/probe-host.ts";
import type { OnboardingQuestions } from "../../../remote/onboarding/questions.ts";
import { readGatewayCredential } from "../../../remote/onboarding/read-credential.ts";
import { startSidecar } from "../../../remote/onboarding/start-sidecar.ts";
import { stopSidecar } from "../../../remote/onboarding/stop-sidecar.ts";
import { uninstallSidecar } from "../../../remote/onboarding/uninstall-sidecar.ts";
import { updateSidecar } from "../../../remote/onboarding/update-sidecar.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { freePort } from "../../support/sshd.ts";
import { environmentOf, newClimb, prompts } from "../remote/lab.ts";
import { type Host, type HostOptions, SFTP, buildSidecar, startHost } from "./host.ts";

const { signal } = new AbortController();
const ORIGINAL = '/bin/bash -c "$SSH_ORIGINAL_COMMAND"';
const STATE = ".openclaw-sidecar";

describe("the sidecar on a bare host", () => {
  let builds: string;
  let first: string;
  let second: string;
  let host: Host;
  let port: number;

  beforeAll(async () => {
    builds = await mkdtemp(join(tmpdir(), "openclaw-builds-"));
    [first, second] = await Promise.all([buildSidecar(builds, "1.0.0"), buildSidecar(builds, "1.1.0")]);
  });
  afterAll(() => rm(builds, { recursive: true, force: true }));
  afterEach(() => host?.stop());

  /** A host whose sidecar will listen on a port of its own. */
  const newHost = async (options: HostOptions = {}, config: object = {}): Promise<SshSession> => {
    host = await startHost(options);
    port = await freePort();
    await host.write(`${STATE}/openclaw.json`, JSON.stringify({ gateway: { port, ...config } }));
    return host.connect();
  };
  const asked: string[] = [];
  const questions = (answers: Partial<OnboardingQuestions> = {}): OnboardingQuestions => {
    asked.length = 0;
    const yes = (what: string) => () => {
      asked.push(what);
      return Promise.resolve(true);
    };
    return {
      readCredential: yes("read"),
      approveDevice: yes("approve"),
      installSidecar: yes("install"),
      uninstallSidecar: () => Promise.resolve("program"),
      ...answers,
    };
  };
  const install = async (session: SshSession, more: Partial<InstallSidecarOptions> = {}) =>
    installSidecar(session, {
      probe: await probeHost(session, { signal }),
      file: first,
      version: "1.0.0",
      questions: questions(),
      signal,
      ...more,
    });
  const programs = async () => [...(await host.files()).keys()].filter((path) => path.startsWith(`${STATE}/bin/`));

  it("is uploaded, started, reached through SSH with the token that it made, and outlives every SSH connection", async () => {
    const session = await newHost();
    const probe = await probeHost(session, { signal });
    expect(probe.sidecar).toMatchObject({ installed: [], running: undefined });
    const installed = await install(session);
    expect(installed).toMatchObject({ way: "sftp", version: "1.0.0" });
    expect(installed.path).toMatch(/\/\.openclaw-sidecar\/bin\/1\.0\.0-[0-9a-f]{8}\/sidecar\.mjs$/);
    expect(asked).toEqual(["install"]);
    expect(((await stat(join(installed.path, ".."))).mode & 0o777).toString(8)).toBe("700");

    const started = await startSidecar(session, { probe, installed, signal });
    expect(started).toMatchObject({ port, version: "1.0.0", alreadyRunning: false });
    await host.sshd.killSessions();

    const again = await host.connect();
    const now = await probeHost(again, { signal });
    expect(now.gateways).toContainEqual({ kind: "sidecar", port });
    expect(now.sidecar.running).toMatchObject({ pid: started.pid, port });
    expect(probeEvidence(now)).toContain(`sidecar on 127.0.0.1:${port}`);
    const found = await readGatewayCredential(again, {
      probe: now,
      gateway: "sidecar",
      questions: questions(),
      signal,
    });
    expect(found.evidence).toBe("token from ~/.openclaw-sidecar/gateway.token (its own)");
    expect(found.credential.token).toMatch(/^\S{20,}$/);

    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort: started.port,
      environment: environmentOf(host.sshd),
    });
    const gateway = await connectGateway({
      transport,
      context: newClimb().context,
      client: { id: "gateway-client", mode: "backend", version: "test", platform: process.platform },
      credential: found.credential,
      identity: null,
      tokens: null,
    });
    expect(await gateway.request("health", {})).toMatchObject({ ok: true });
    gateway.close();
    transport.dispose();
  });

  it("is not sent and not asked about when this very file is there already", async () => {
    const session = await newHost();
    await install(session);
    const before = await host.files();
    expect(await install(session)).toMatchObject({ way: "present" });
    expect(asked).toEqual([]);
    expect(await host.files()).toEqual(before);
  });

  it.for<[string, HostOptions]>([
    ["SFTP is off and the server has one session", { config: ["MaxSessions 1"] }],
    ["the login shell is fish", { loginShell: 'exec /usr/bin/fish -c "$SSH_ORIGINAL_COMMAND"', config: [] }],
    [
      "the profile talks, also into SFTP",
      { loginShell: `yes "Welcome, friend" | head -2000; ${ORIGINAL}`, config: [SFTP] },
    ],
    ["SFTP dies at once", { config: ["Subsystem sftp /bin/false"] }],
    ["SFTP may not write", { config: [`${SFTP} -R`] }],
  ])("is uploaded by a command when %s", async ([why, options], { skip }) => {
    skip(why.endsWith("fish") && !existsSync("/usr/bin/fish"), "fish is not installed (apt-get install fish)");
    const session = await newHost(options);
    const installed = await install(session);
    expect(installed.way).toBe("exec");
    expect(await programs()).toHaveLength(1);
    const probe = await probeHost(session, { signal });
    expect(await startSidecar(session, { probe, installed, signal })).toMatchObject({ port, version: "1.0.0" });
  });

  it("leaves the host as it was when the person says no, and when the connect is cancelled", async () => {
    const session = await newHost();
    const before = await host.files();
    const no = questions({ installSidecar: () => Promise.resolve(false) });
    await expect(install(session, { questions: no })).rejects.toBeInstanceOf(CancelledError);
    const abort = new AbortController();
    const cancels = questions({
      installSidecar() {
        abort.abort();
        return Promise.resolve(true);
      },
    });
    await expect(install(session, { questions: cancels, signal: abort.signal })).rejects.toBeInstanceOf(CancelledError);
    expect(await host.files()).toEqual(before);
  });

  it.each([
    ["with SFTP", [SFTP]],
    ["without SFTP", []],
  ])("leaves nothing on a host whose disk is full, and says so (%s)", async (_how, config) => {
    // No file there may become larger than 200 KiB.
    const session = await newHost({ loginShell: `trap "" XFSZ; ulimit -f 400; exec ${ORIGINAL}`, config });
    const failure = await install(session).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "UPLOAD_FAILED" });
    expect(String(failure)).toMatch(/write error: File too large/);
    expect(await programs()).toEqual([]);
  });

  it("is refused, removed and never run when it arrives damaged", async () => {
    const tamper = `case "$SSH_ORIGINAL_COMMAND" in *"exec cat"*) sed s/openclaw/opencIaw/ | ${ORIGINAL};; *) exec ${ORIGINAL};; esac`;
    const session = await newHost({ loginShell: tamper, config: [] });
    await expect(install(session)).rejects.toMatchObject({ code: "UPLOAD_CORRUPT" });
    expect(await programs()).toEqual([]);
  });

  it("is replaced, after asking, when somebody has changed the file", async () => {
    const session = await newHost();
    const { path } = await install(session);
    await host.write(path.slice(host.home.length + 1), "changed");
    expect(await install(session)).toMatchObject({ way: "sftp", path });
    expect(asked).toEqual(["install"]);
    expect((await host.files()).get(path.slice(host.home.length + 1))?.length).toBeGreaterThan(100_000);
  });

  it("has no half file under its name when the connection dies in the middle, and the next try succeeds", async () => {
    const slow = `case "$SSH_ORIGINAL_COMMAND" in *"exec cat"*) [ -e "$HOME/fast" ] || { head -c 200000; sleep 30; } | ${ORIGINAL};; *) exec ${ORIGINAL};; esac`;
    const session = await newHost({ loginShell: `${slow}; [ -e "$HOME/fast" ] && exec ${ORIGINAL}`, config: [] });
    const installing = install(session).catch((error: unknown) => error);
    for (;;) {
      const parts = [...(await host.files())].filter(([path]) => path.endsWith(".part"));
      if (parts.some(([, text]) => text.length >= 200_000)) break;
      await sleep(20);
    }
    await host.sshd.killSessions();
    // Whether the command or the connection dies first is the kernel's choice.
    expect(await installing).toMatchObject({ code: expect.stringMatching(/^(?:SSH_CLOSED|UPLOAD_FAILED)$/) });
    expect((await programs()).filter((path) => !path.endsWith(".part"))).toEqual([]);

    await host.write("fast", "");
    const again = await host.connect();
    expect(await install(again)).toMatchObject({ way: "exec" });
  });

  it("says where it cannot be written", async () => {
    const session = await newHost();
    await host.write(`${STATE}/bin`, "a file where a directory must be");
    await expect(install(session)).rejects.toMatchObject({
      code: "UPLOAD_FAILED",
      message: expect.stringContaining(`${STATE}/bin`),
    });
  });

  it("takes a free port when its own is taken, and says in its own words why it cannot start", async () => {
    const session = await newHost();
    const installed = await install(session);
    const probe = await probeHost(session, { signal });
    const squatter = createServer().listen(port, "127.0.0.1");
    const started = await startSidecar(session, { probe, installed, signal });
    squatter.close();
    expect(started.port).not.toBe(port);
    const running = await probeHost(session, { signal });
    expect(await stopSidecar(session, { probe: running, signal })).toBe(true);

    await host.write(`${STATE}/openclaw.json`, "{ gateway: ");
    const failure: unknown = await startSidecar(session, { probe, installed, signal }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "SIDECAR_START_FAILED" });
    expect(String(failure)).toMatch(/openclaw\.json.*JSON5/);
  });

  it("is updated in place: the old one ends, the new one runs, and the same again changes nothing", async () => {
    const session = await newHost();
    const installed = await install(session);
    await startSidecar(session, { probe: await probeHost(session, { signal }), installed, signal });
    const update = async () =>
      updateSidecar(session, {
        probe: await probeHost(session, { signal }),
        file: second,
        version: "1.1.0",
        questions: questions(),
        signal,
      });
    expect(await update()).toMatchObject({
      restarted: true,
      started: { version: "1.1.0", port, alreadyRunning: false },
    });
    const again = await update();
    expect(again).toMatchObject({ restarted: false, started: { version: "1.1.0", port, alreadyRunning: true } });
    expect(asked).toEqual([]);
  });

  it("goes away with what was put there, and with its data only when that is said", async () => {
    const session = await newHost();
    const installed = await install(session);
    await startSidecar(session, { probe: await probeHost(session, { signal }), installed, signal });
    await host.write(`${STATE}/notes.txt`, "mine");
    const uninstall = async (answer: "program" | "everything" | undefined) =>
      uninstallSidecar(session, {
        probe: await probeHost(session, { signal }),
        questions: questions({ uninstallSidecar: () => Promise.resolve(answer) }),
        signal,
      });
    await expect(uninstall(undefined)).rejects.toBeInstanceOf(CancelledError);
    expect((await probeHost(session, { signal })).sidecar.running).toBeDefined();

    await uninstall("program");
    expect((await probeHost(session, { signal })).sidecar).toMatchObject({ installed: [], running: undefined });
    expect((await host.files()).has(`${STATE}/sidecar.sqlite`)).toBe(true);

    const { left } = await uninstall("everything");
    expect([...(await host.files()).keys()].filter((path) => path.startsWith(STATE)).sort()).toEqual([
      `${STATE}/notes.txt`,
      `${STATE}/openclaw.json`,
    ]);
    expect(left.map((path) => path.slice(host.home.length + 1)).sort()).toEqual([
      `${STATE}/notes.txt`,
      `${STATE}/openclaw.json`,
    ]);
  });
});
