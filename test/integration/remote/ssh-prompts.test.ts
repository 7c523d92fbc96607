import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuthContext } from "ssh2";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { KeyboardQuestion, PasswordQuestion, SshPrompts } from "../../../remote/ssh/prompts.ts";
import { connectSsh } from "../../../remote/ssh/session/connect-ssh.ts";
import { makeKey } from "../../support/sshd.ts";
import { likePam, startScriptedSshServer } from "../../support/scripted-ssh-server.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { newClimb, prompts } from "./lab.ts";

/**
 * Passwords and keyboard-interactive need accounts with passwords, which sshd takes from the system. These conversations are
 * held with ssh2's own server instead.
 */
describe("what a server may ask a person", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-prompts-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** A server that decides by `authenticate`; returns the methods that were tried. */
  async function serve(authenticate: (context: AuthContext) => void): Promise<{ port: number; tried: string[] }> {
    const tried: string[] = [];
    const server = await startScriptedSshServer((context) => {
      if (context.method !== "none") tried.push(context.method);
      authenticate(context);
    });
    onTestFinished(() => server.stop());
    const { port, publicKey } = server;
    await writeFile(join(directory, `known-${port}`), `[127.0.0.1]:${port} ${publicKey}\n`);
    return { port, tried };
  }

  interface Attempt {
    readonly expected?: Partial<SshPrompts>;
    readonly memory?: AuthMemory;
    readonly interactive?: boolean;
    readonly config?: string;
  }
  async function signIn(
    port: number,
    { expected = {}, memory = new AuthMemory(), interactive = true, config = "" }: Attempt,
  ): Promise<string | undefined> {
    const climb = newClimb({ interactive });
    const knownHosts = join(directory, `known-${port}`);
    const file = join(directory, `config-${port}`);
    await writeFile(
      file,
      `${config}\nUserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile none\nIdentityFile none\nIdentityAgent none\n`,
    );
    const session = await connectSsh({
      target: { user: "alice", host: "127.0.0.1", port },
      prompts: prompts(expected),
      memory,
      context: climb.context,
      environment: {
        home: directory,
        localUser: "alice",
        localHost: "laptop",
        env: {},
        platform: process.platform,
        configFiles: [{ path: file, includeFrom: directory }],
      },
    });
    session.dispose();
    return climb.ladder().find(({ step }) => step === "ssh-auth")?.evidence;
  }

  const onlyPassword =
    (right: string) =>
    (context: AuthContext): void => {
      if (context.method === "password" && context.password === right) context.accept();
      else context.reject(["password"]);
    };

  it("a password, which a reconnect does not ask for again", async () => {
    const { port, tried } = await serve(onlyPassword("correct"));
    const asked: PasswordQuestion[] = [];
    const password = (question: PasswordQuestion): Promise<string> => {
      asked.push(question);
      return Promise.resolve(question.attempt === 1 ? "wrong" : "correct");
    };
    const memory = new AuthMemory();
    await signIn(port, { expected: { password }, memory });
    expect(asked).toEqual([
      { user: "alice", host: "127.0.0.1", attempt: 1 },
      { user: "alice", host: "127.0.0.1", attempt: 2 },
    ]);
    await signIn(port, { memory, interactive: false });
    expect(tried).toEqual(["password", "password", "password"]);
  });

  it("a code after the key was taken, as a host with two factors does, and nothing of it in the background", async () => {
    let hasKey = false;
    const { port, tried } = await serve((context) => {
      if (context.method === "publickey") {
        if (context.signature === undefined) return context.accept();
        hasKey = true;
        return context.reject(["keyboard-interactive"], true);
      }
      if (context.method !== "keyboard-interactive" || !hasKey)
        return context.reject([hasKey ? "keyboard-interactive" : "publickey"]);
      return context.prompt([{ prompt: "Verification code: ", echo: false }], ([code]) =>
        code === "123456" ? context.accept() : context.reject(["keyboard-interactive"]),
      );
    });
    const key = await makeKey(join(directory, "two-factors"));
    const asked: string[] = [];
    const keyboardInteractive = ({ prompts: lines }: KeyboardQuestion): Promise<readonly string[]> => {
      asked.push(...lines.map(({ text }) => text));
      return Promise.resolve([asked.length === 1 ? "000000" : "123456"]);
    };
    const config = `IdentityFile ${key}`;
    const evidence = await signIn(port, { expected: { keyboardInteractive }, config });
    expect(evidence).toBe(`alice@127.0.0.1, ${key}, then keyboard-interactive`);
    expect(asked).toEqual(["Verification code: ", "Verification code: "]);
    expect(tried.filter((method) => method === "publickey")).toHaveLength(2);
    hasKey = false;
    const error = await faultOf(signIn(port, { interactive: false, config }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(factOf(error, "detail")).toContain("needs a person for keyboard-interactive");
  });

  it("the password of PAM, which a reconnect gives by itself and once, and no code that changes", async () => {
    let right = "correct";
    const expected = { keyboardInteractive: () => Promise.resolve(["correct"]) };
    const memory = new AuthMemory();
    const { port, tried } = await serve(likePam(() => right, "Password: "));
    await signIn(port, { expected, memory });
    await signIn(port, { memory, interactive: false });
    right = "changed";
    expect((await faultOf(signIn(port, { memory, interactive: false }))).code).toBe("SSH_AUTH_FAILED");
    const error = await faultOf(signIn(port, { memory, interactive: false }));
    expect(factOf(error, "detail")).toContain("needs a person for keyboard-interactive");
    expect(tried).toHaveLength(3);
    right = "correct";
    const withCode = await serve(likePam(() => right, "Password: ", "Verification code: "));
    await signIn(withCode.port, { expected, memory });
    await faultOf(signIn(withCode.port, { memory, interactive: false }));
    expect(withCode.tried).toHaveLength(1);
  });

  it("a password three times at most", async () => {
    const { port, tried } = await serve(onlyPassword("correct"));
    const error = await faultOf(signIn(port, { expected: { password: () => Promise.resolve("wrong") } }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(tried).toHaveLength(3);
    expect(JSON.stringify([error.message, error.facts])).not.toContain("wrong");
  });

  it("sends a remembered password that has become wrong once only, and never by itself again", async () => {
    let right = "correct";
    const { port, tried } = await serve((context) => onlyPassword(right)(context));
    const memory = new AuthMemory();
    await signIn(port, { expected: { password: () => Promise.resolve("correct") }, memory });
    right = "changed";
    await faultOf(signIn(port, { memory, interactive: false }));
    const error = await faultOf(signIn(port, { memory, interactive: false }));
    expect(tried).toHaveLength(2);
    expect(factOf(error, "detail")).toContain("needs a person for the password");
  });

  it("several prompts in order, with what may be shown while typing", async () => {
    const asked: KeyboardQuestion[] = [];
    const { port } = await serve((context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      context.prompt(
        [
          { prompt: "Password: ", echo: false },
          { prompt: "Code\u0007: ", echo: true },
        ],
        "Sign in\u001b[31m",
        "two\nlines",
        (answers) => {
          if (answers.join() === "secret,123456") context.accept();
          else context.reject(["keyboard-interactive"]);
        },
      );
    });
    const keyboardInteractive = (question: KeyboardQuestion): Promise<string[]> => {
      asked.push(question);
      return Promise.resolve(["secret", "123456"]);
    };
    await signIn(port, { expected: { keyboardInteractive } });
    expect(asked).toEqual([
      {
        user: "alice",
        host: "127.0.0.1",
        name: "Sign in\\u{1b}[31m",
        instruction: "two\nlines",
        prompts: [
          { text: "Password: ", echo: false },
          { text: "Code\\u{7}: ", echo: true },
        ],
      },
    ]);
  });

  it("one method after the other when the server wants two", async () => {
    let steps = 0;
    const { port, tried } = await serve((context) => {
      if (context.method === "keyboard-interactive") {
        context.prompt("Code: ", () => {
          steps = 1;
          context.reject(["password"], true);
        });
      } else if (context.method === "password" && steps === 1) context.accept();
      else context.reject(["keyboard-interactive"]);
    });
    const expected = { keyboardInteractive: () => Promise.resolve(["1"]), password: () => Promise.resolve("p") };
    await signIn(port, { expected });
    expect(tried).toEqual(["keyboard-interactive", "password"]);
  });

  it("is not asked without end", async () => {
    const ask = (context: Extract<AuthContext, { method: "keyboard-interactive" }>): void =>
      context.prompt("Again: ", () => ask(context));
    const { port } = await serve((context) => {
      if (context.method === "keyboard-interactive") ask(context);
      else context.reject(["keyboard-interactive"]);
    });
    let asked = 0;
    const keyboardInteractive = (): Promise<string[]> => {
      asked++;
      return Promise.resolve(["x"]);
    };
    const error = await faultOf(signIn(port, { expected: { keyboardInteractive } }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(error.message).toContain("does not stop asking");
    expect(asked).toBe(10);
  });

  it("ends the connect when the person cancels", async () => {
    const { port } = await serve(onlyPassword("correct"));
    const asked = signIn(port, { expected: { password: () => Promise.resolve(undefined) } });
    await expect(asked).rejects.toBeInstanceOf(CancelledError);
  });

  it("is left alone by what ssh_config switches off", async () => {
    const { port, tried } = await serve((context) => context.reject(["keyboard-interactive", "password"]));
    const config = "PasswordAuthentication no\nKbdInteractiveAuthentication no";
    expect((await faultOf(signIn(port, { config }))).code).toBe("SSH_AUTH_FAILED");
    expect(tried).toEqual([]);
  });

  it("takes as long as the person needs, while a server that stalls does not", async () => {
    const { port } = await serve(onlyPassword("correct"));
    const slow = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve("correct"), 2_500));
    await signIn(port, { expected: { password: slow }, config: "ConnectTimeout 1" });
    const silent = await serve(() => undefined);
    const error = await faultOf(signIn(silent.port, { config: "ConnectTimeout 1" }));
    expect(error.code).toBe("SSH_TIMEOUT");
  });
});
