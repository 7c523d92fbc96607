import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { SshEnvironment } from "../../../remote/ssh/config/environment.ts";
import type { PassphraseQuestion, SshPrompts } from "../../../remote/ssh/prompts.ts";
import { connectSsh } from "../../../remote/ssh/session/connect-ssh.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { type KeyType, type Sshd, makeKey, startSshd } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { environmentOf, newClimb, prompts } from "./lab.ts";

const run = promisify(execFile);
const TYPES: readonly KeyType[] = ["ed25519", "ecdsa", "rsa"];

describe("signing in by SSH", () => {
  let sshd: Sshd;
  const keys = new Map<string, string>();
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "openclaw-keys-"));
    const make = async (name: string, options: Parameters<typeof makeKey>[1]): Promise<string> => {
      keys.set(name, await makeKey(join(directory, name), options));
      return readFile(join(directory, `${name}.pub`), "utf8");
    };
    const authorizedKeys = await Promise.all([
      ...TYPES.map((type) => make(type, { type })),
      make("locked", { passphrase: "open sesame" }),
      make("locked-pem", { type: "rsa", passphrase: "open sesame", format: "PEM" }),
    ]);
    await make("stranger", {});
    sshd = await startSshd({ authorizedKeys, config: ["MaxAuthTries 4"] });
  });
  afterAll(async () => {
    await sshd?.stop();
    const file = keys.get("stranger");
    if (file !== undefined) await rm(join(file, ".."), { recursive: true, force: true });
  });

  const keyFile = (name: string): string => keys.get(name) ?? "";

  interface Attempt {
    /** Default: the one of all tests. */
    readonly server?: Sshd;
    readonly options?: readonly string[];
    readonly expected?: Partial<SshPrompts>;
    readonly memory?: AuthMemory;
    readonly interactive?: boolean;
    readonly env?: SshEnvironment["env"];
  }
  async function signIn({
    server = sshd,
    options = [],
    expected = {},
    memory = new AuthMemory(),
    interactive = true,
    env = {},
  }: Attempt): Promise<SshSession> {
    const extra = join(server.directory, `config-${options.join("").length}-${Math.random().toString(36).slice(2)}`);
    await writeFile(extra, `${options.join("\n")}\n`);
    const base = environmentOf(server, { env });
    const session = await connectSsh({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(expected),
      memory,
      context: newClimb({ interactive }).context,
      environment: { ...base, configFiles: [{ path: extra, includeFrom: server.directory }, ...base.configFiles] },
    });
    onTestFinished(() => session.dispose());
    return session;
  }
  const worksIn = async (session: SshSession): Promise<string> => {
    const signal = new AbortController().signal;
    const outcome = await session.exec("echo works", { signal, timeoutMs: 5_000, maxBytes: 100 });
    return outcome.kind === "done" ? outcome.stdout.trim() : outcome.why;
  };

  it.each(TYPES)("with an %s key file", async (type) => {
    const session = await signIn({ options: [`IdentityFile ${keyFile(type)}`] });
    expect(await worksIn(session)).toBe("works");
  });

  it("with two keys where a server wants both", async () => {
    const authorizedKeys = [await readFile(`${keyFile("rsa")}.pub`, "utf8")];
    const server = await startSshd({ authorizedKeys, config: ["AuthenticationMethods publickey,publickey"] });
    onTestFinished(() => server.stop());
    const both = [keyFile("stranger"), keyFile("rsa"), server.keyFile].map((file) => `IdentityFile ${file}`);
    expect(await worksIn(await signIn({ server, options: both }))).toBe("works");
    const error = await faultOf(signIn({ server, options: both.slice(0, 2) }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
  });

  it("with the key that OpenSSH takes by default", async () => {
    expect(await worksIn(await signIn({}))).toBe("works");
  });

  it("asks once for the passphrase of an encrypted key, and a reconnect asks nothing", async () => {
    const asked: PassphraseQuestion[] = [];
    const memory = new AuthMemory();
    const options = [`IdentityFile ${keyFile("locked")}`];
    const expected = {
      passphrase: (question: PassphraseQuestion) => {
        asked.push(question);
        return Promise.resolve("open sesame");
      },
    };
    expect(await worksIn(await signIn({ options, expected, memory }))).toBe("works");
    expect(asked).toEqual([{ user: sshd.user, host: "127.0.0.1", keyFile: keyFile("locked"), attempt: 1 }]);
    expect(await worksIn(await signIn({ options, memory, interactive: false }))).toBe("works");
  });

  it("opens an encrypted key in the old PEM format", async () => {
    await rm(`${keyFile("locked-pem")}.pub`);
    const expected = { passphrase: () => Promise.resolve("open sesame") };
    expect(await worksIn(await signIn({ options: [`IdentityFile ${keyFile("locked-pem")}`], expected }))).toBe("works");
  });

  it("asks three times at most for a passphrase", async () => {
    const attempts: number[] = [];
    const expected = {
      passphrase: ({ attempt }: PassphraseQuestion) => {
        attempts.push(attempt);
        return Promise.resolve("wrong");
      },
    };
    const error = await faultOf(signIn({ options: [`IdentityFile ${keyFile("locked")}`], expected }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(error.message).toContain("wrong passphrase");
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("does not ask for the passphrase of a key that the server does not take", async () => {
    const locked = await makeKey(join(sshd.directory, "locked-stranger"), { passphrase: "secret" });
    const session = await signIn({ options: [`IdentityFile ${locked}`, `IdentityFile ${keyFile("ed25519")}`] });
    expect(await worksIn(session)).toBe("works");
  });

  it("takes a cancelled prompt for a cancelled connect", async () => {
    const expected = { passphrase: () => Promise.resolve(undefined) };
    const options = [`IdentityFile ${keyFile("locked")}`, `IdentityFile ${keyFile("ed25519")}`];
    await expect(signIn({ options, expected })).rejects.toBeInstanceOf(CancelledError);
  });

  it("passes over a key with an empty passphrase as the answer", async () => {
    const expected = { passphrase: () => Promise.resolve("") };
    const options = [`IdentityFile ${keyFile("locked")}`, `IdentityFile ${keyFile("ed25519")}`];
    expect(await worksIn(await signIn({ options, expected }))).toBe("works");
  });

  it("says which key cannot be used, when none works", async () => {
    const missing = await faultOf(signIn({ options: [`IdentityFile ${sshd.directory}/nothing`] }));
    expect(missing.code).toBe("SSH_KEY_UNREADABLE");
    expect(factOf(missing, "savedIn")).toBe(`${sshd.directory}/nothing`);

    const open = await makeKey(join(sshd.directory, "open"));
    await chmod(open, 0o644);
    const tooOpen = await faultOf(signIn({ options: [`IdentityFile ${open}`] }));
    expect(tooOpen.message).toContain("644");

    const broken = join(sshd.directory, "broken");
    await writeFile(broken, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", {
      mode: 0o600,
    });
    expect((await faultOf(signIn({ options: [`IdentityFile ${broken}`] }))).code).toBe("SSH_KEY_UNREADABLE");
  });

  it("says what was tried and what the server takes, when no key fits", async () => {
    const error = await faultOf(signIn({ options: [`IdentityFile ${keyFile("stranger")}`] }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(error.step).toBe("ssh-auth");
    expect(factOf(error, "user")).toBe(sshd.user);
    expect(factOf(error, "detail")).toContain(keyFile("stranger"));
    expect(factOf(error, "detail")).toContain("takes publickey");
  });

  describe("with a real agent", () => {
    let socket: string;
    let stopAgent: () => void;
    beforeAll(async () => {
      socket = join(sshd.directory, "agent.sock");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((resolve) => agent.stdout.once("data", resolve));
      stopAgent = () => agent.kill();
      for (const name of ["stranger", "rsa", "ecdsa"]) {
        await run("ssh-add", ["-q", keyFile(name)], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      }
    });
    afterAll(() => stopAgent?.());

    it("uses the agent's keys", async () => {
      const session = await signIn({ options: ["IdentityFile ~/none", `IdentityAgent ${socket}`] });
      expect(await worksIn(session)).toBe("works");
    });

    it("finds the agent by SSH_AUTH_SOCK", async () => {
      const options = ["IdentityFile ~/none", "IdentityAgent SSH_AUTH_SOCK"];
      expect(await worksIn(await signIn({ options, env: { SSH_AUTH_SOCK: socket } }))).toBe("works");
    });

    it("lets the agent sign for an encrypted file that it holds, without a prompt", async () => {
      const options = [`IdentityFile ${keyFile("rsa")}`, "IdentitiesOnly yes", `IdentityAgent ${socket}`];
      expect(await worksIn(await signIn({ options }))).toBe("works");
    });

    it("offers nothing else of the agent with IdentitiesOnly", async () => {
      const options = [`IdentityFile ${keyFile("stranger")}`, "IdentitiesOnly yes", `IdentityAgent ${socket}`];
      const error = await faultOf(signIn({ options }));
      expect(error.code).toBe("SSH_AUTH_FAILED");
      expect(factOf(error, "detail")).not.toContain("agent RSA");
    });

    it("goes on with the key files when the agent is dead", async () => {
      expect(await worksIn(await signIn({ options: [`IdentityAgent ${sshd.directory}/no-agent`] }))).toBe("works");
    });
  });

  it("says that there were too many tries when the server hangs up for that", async () => {
    const strangers = await Promise.all(
      [1, 2, 3, 4, 5].map((index) => makeKey(join(sshd.directory, `stranger-${index}`))),
    );
    const error = await faultOf(signIn({ options: strangers.map((file) => `IdentityFile ${file}`) }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(factOf(error, "detail")).toMatch(/too many authentication failures/i);
  });
});
