import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { SshPrompts } from "../../../remote/ssh/prompts.ts";
import { openSsh } from "../../../remote/ssh/system/open-ssh.ts";
import { fidoKeyFile } from "../../support/fido-key.ts";
import { type Sshd, makeKey, startSshd } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { newClimb, prompts } from "./lab.ts";
import { systemLab } from "./system-lab.ts";

const run = promisify(execFile);

/** A host that knows people by their certificate alone, and shows one of its own. */
describe("SSH certificates", () => {
  let directory: string;
  let sshd: Sshd;
  /** Signed for the account that runs the tests; its plain half may not sign in. */
  let key: string;
  let authority: string;

  const sign = (args: readonly string[], file: string): Promise<unknown> =>
    run("ssh-keygen", ["-q", "-s", authority, "-I", "test", ...args, file]);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-ca-"));
    authority = await makeKey(join(directory, "authority"));
    const hostKey = await makeKey(join(directory, "host_key"));
    await sign(["-h", "-n", "127.0.0.1,lab"], `${hostKey}.pub`);
    const config = [`TrustedUserCAKeys ${authority}.pub`, `HostCertificate ${hostKey}-cert.pub`];
    sshd = await startSshd({ config, hostKeyFiles: [hostKey] });
    key = await makeKey(join(directory, "signed"));
    await sign(["-n", sshd.user], `${key}.pub`);
  });
  afterAll(async () => {
    await sshd?.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  interface Options {
    readonly choice?: "auto" | "built-in";
    readonly key?: string;
    readonly config?: string;
    readonly knownHosts?: string;
    readonly answers?: Partial<SshPrompts>;
    /** Default: the one that all the tests share. */
    readonly server?: Sshd;
  }

  async function climbTo(options: Options) {
    const { choice = "auto", answers, server = sshd } = options;
    const { system, environment } = await systemLab(server, { ...options, choice });
    const climb = newClimb({ interactive: true });
    const connection = { target: { user: undefined, host: "lab", port: undefined }, environment };
    const session = openSsh(
      { ...connection, prompts: prompts(answers), memory: new AuthMemory(), context: climb.context },
      system,
    );
    session.then(
      (open) => onTestFinished(() => open.dispose()),
      () => undefined,
    );
    const evidence = (step: string) => climb.ladder().find((rung) => rung.step === step)?.evidence;
    return { session, evidence };
  }

  async function unsigned(): Promise<string> {
    const file = join(directory, `plain-${Math.random()}`);
    await copyFile(key, file);
    await copyFile(`${key}.pub`, `${file}.pub`);
    return file;
  }
  async function vouching(line: string): Promise<string> {
    const file = join(directory, `known-${Math.random()}`);
    await writeFile(file, `${line}\n`, { mode: 0o600 });
    return file;
  }
  const authorityKey = async (): Promise<string> => (await readFile(`${authority}.pub`, "utf8")).trim();

  it("signs in with the certificate that lies beside its key", async () => {
    const { session, evidence } = await climbTo({ key });
    expect((await session).isAlive).toBe(true);
    expect(evidence("resolve")).toBe(`127.0.0.1 (the system's ssh: the certificate ${key}-cert.pub)`);
  });

  it("signs in with CertificateFile", async () => {
    const certificate = join(directory, "elsewhere.pub");
    await copyFile(`${key}-cert.pub`, certificate);
    const config = `Host lab\n  CertificateFile ${certificate}`;
    const { session, evidence } = await climbTo({ key: await unsigned(), config });
    expect((await session).isAlive).toBe(true);
    expect(evidence("resolve")).toContain(certificate);
  });

  /** Holds the signed key and its certificate, of which the plain key is not taken by the server, or another key. */
  async function startAgent(file = key): Promise<string> {
    const socket = join(directory, `agent-${Math.random()}`);
    const { stdout } = await run("ssh-agent", ["-s", "-a", socket]);
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)?.[1]);
    onTestFinished(() => void process.kill(pid));
    await run("ssh-add", ["-q", file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    return socket;
  }

  it("signs in with a certificate of the agent", async () => {
    const nothing = join(directory, "no-such-key");
    const config = `Host lab\n  IdentityAgent ${await startAgent()}`;
    const { session, evidence } = await climbTo({ key: nothing, config });
    expect((await session).isAlive).toBe(true);
    expect(evidence("resolve")).toContain("the SSH agent holds certificates");
  });

  it("leaves the keys of FIDO tokens in the agent to the system's ssh as well", async () => {
    const token = join(directory, "token");
    await writeFile(token, fidoKeyFile(), { mode: 0o600 });
    const config = `Host lab\n  IdentityAgent ${await startAgent(token)}`;
    const { session, evidence } = await climbTo({ key: join(directory, "no-such-key"), config });
    // No token is there, and nobody has signed in: who has tried is what counts.
    expect((await faultOf(session)).code).toBe("SSH_AUTH_FAILED");
    expect(evidence("resolve")).toContain("the SSH agent holds FIDO keys");
  });

  it("asks for no password where a certificate of the agent does, also when the server would take one", async () => {
    const open = await startSshd({
      config: [`TrustedUserCAKeys ${authority}.pub`, "PasswordAuthentication yes", "KbdInteractiveAuthentication yes"],
    });
    onTestFinished(() => open.stop());
    const nothing = join(directory, "no-such-key");
    const config = `Host lab\n  IdentityAgent ${await startAgent()}`;
    const { session, evidence } = await climbTo({ server: open, key: nothing, config });
    expect((await session).isAlive).toBe(true);
    expect(evidence("resolve")).toContain("the SSH agent holds certificates");
  });

  it("signs in with a certificate on the jump host, whose own key is as known as that of the goal", async () => {
    const goal = await startSshd();
    onTestFinished(() => goal.stop());
    const known = [sshd, goal].map(({ port, hostPublicKey }) => `[127.0.0.1]:${port} ${hostPublicKey}`);
    const knownHosts = await vouching(known.join("\n"));
    const hop = [
      "Host hop",
      "HostName 127.0.0.1",
      `Port ${sshd.port}`,
      `User ${sshd.user}`,
      `IdentityFile ${key}`,
      `UserKnownHostsFile ${knownHosts}`,
    ];
    const { session, evidence } = await climbTo({
      server: goal,
      key: goal.keyFile,
      knownHosts,
      config: ["Host lab", "ProxyJump hop", ...hop].join("\n"),
    });
    expect((await session).isAlive).toBe(true);
    expect(evidence("resolve")).toContain(`the certificate ${key}-cert.pub`);
  });

  it("asks nothing about a host that a known authority vouches for", async () => {
    const knownHosts = await vouching(`@cert-authority [127.0.0.1]:${sshd.port},127.0.0.* ${await authorityKey()}`);
    const { session, evidence } = await climbTo({ knownHosts, key: sshd.keyFile });
    expect((await session).isAlive).toBe(true);
    expect(evidence("resolve")).toContain("@cert-authority vouches for 127.0.0.1");
    expect(evidence("host-key")).toBe("ED25519, known");
  });

  it("lets nobody in on the word of another authority", async () => {
    const other = (await readFile(`${await makeKey(join(directory, "other"))}.pub`, "utf8")).trim();
    const asked: string[] = [];
    const { session } = await climbTo({
      knownHosts: await vouching(`@cert-authority [127.0.0.1]:${sshd.port} ${other}`),
      key: sshd.keyFile,
      answers: { hostKey: async ({ fingerprint }) => (asked.push(fingerprint), "cancel") },
    });
    await expect(session).rejects.toBeInstanceOf(CancelledError);
    expect(asked).toEqual([sshd.hostKeyFingerprint]);
  });

  it("does not take a certificate that names another host", async () => {
    const { session } = await climbTo({
      knownHosts: await vouching(`@cert-authority * ${await authorityKey()}`),
      config: "Host lab\n  HostKeyAlias stranger",
    });
    const fault = await faultOf(session);
    expect(fault.code).toBe("HOST_KEY_UNKNOWN");
    expect(factOf(fault, "now")).toBe(sshd.hostKeyFingerprint);
  });

  it("refuses an authority that was revoked, without a question", async () => {
    const ca = await authorityKey();
    const name = `[127.0.0.1]:${sshd.port}`;
    const { session } = await climbTo({
      knownHosts: await vouching(`@revoked * ${ca}\n@cert-authority ${name} ${ca}`),
      key: sshd.keyFile,
      answers: { hostKey: async () => Promise.reject(new Error("asked about a revoked key")) },
    });
    expect((await faultOf(session)).code).toBe("HOST_KEY_REVOKED");
  });

  it("takes a file that holds no certificate for none", async () => {
    const file = await unsigned();
    await writeFile(`${file}-cert.pub`, await readFile(`${file}.pub`, "utf8"));
    const { session } = await climbTo({ key: file });
    const fault = await faultOf(session);
    expect(fault.code).toBe("SSH_AUTH_FAILED");
    expect(factOf(fault, "detail")).toContain(file);
  });

  it("leaves certificates alone when the built-in client was chosen", async () => {
    const { session } = await climbTo({ key, choice: "built-in" });
    expect((await faultOf(session)).code).toBe("SSH_AUTH_FAILED");
  });
});
