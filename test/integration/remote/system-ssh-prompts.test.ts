import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuthContext } from "ssh2";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { KeyboardQuestion, SshPrompts } from "../../../remote/ssh/prompts.ts";
import { openSsh } from "../../../remote/ssh/system/open-ssh.ts";
import { type SshClientChoice, SystemSshMemory } from "../../../remote/ssh/system/system-ssh.ts";
import { likePam, startScriptedSshServer } from "../../support/scripted-ssh-server.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { newClimb, prompts } from "./lab.ts";

/** Accounts with passwords are the system's: these conversations are held between the real `ssh` and ssh2's server. */
describe("what the system's ssh asks a person", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-asks-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

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
    readonly choice?: SshClientChoice;
  }
  async function signIn(
    port: number,
    { expected, memory = new AuthMemory(), interactive = true, choice = "system" }: Attempt,
  ) {
    const known = join(directory, `known-${port}`);
    const config = join(directory, `config-${port}`);
    await writeFile(
      config,
      `UserKnownHostsFile ${known}\nIdentityFile none\nIdentityAgent none\nPubkeyAuthentication no\n`,
    );
    const connection = {
      target: { user: "alice", host: "127.0.0.1", port },
      prompts: prompts(expected),
      memory,
      context: newClimb({ interactive }).context,
      environment: {
        home: directory,
        localUser: "alice",
        localHost: "laptop",
        env: { PATH: process.env["PATH"] },
        platform: process.platform,
        configFiles: [{ path: config, includeFrom: directory }],
      },
    };
    const askpassFile = join(import.meta.dirname, "../../../dist/askpass.js");
    const memories = { configFile: config, memory: new SystemSshMemory() };
    const session = await openSsh(connection, { choice: () => choice, askpassFile, ...memories });
    session.dispose();
  }

  const onlyPassword =
    (right: () => string) =>
    (context: AuthContext): void => {
      if (context.method === "password" && context.password === right()) context.accept();
      else context.reject(["password"]);
    };

  it("is a password, which a reconnect gives by itself, once", async () => {
    let right = "correct";
    const { port, tried } = await serve(onlyPassword(() => right));
    const memory = new AuthMemory();
    await signIn(port, { expected: { password: async () => "correct" }, memory });
    await signIn(port, { memory, interactive: false });
    expect(tried).toEqual(["password", "password"]);
    right = "changed";
    expect((await faultOf(signIn(port, { memory, interactive: false }))).code).toBe("SSH_AUTH_FAILED");
    expect((await faultOf(signIn(port, { memory, interactive: false }))).code).toBe("SSH_AUTH_FAILED");
    expect(tried).toHaveLength(3);
  });

  it("is the password of PAM, which a reconnect gives by itself and once, and no code that changes", async () => {
    let right = "correct";
    const expected = { keyboardInteractive: () => Promise.resolve(["correct"]) };
    const memory = new AuthMemory();
    const { port, tried } = await serve(likePam(() => right, "Password for alice@host:"));
    await signIn(port, { expected, memory });
    await signIn(port, { memory, interactive: false });
    right = "changed";
    expect((await faultOf(signIn(port, { memory, interactive: false }))).code).toBe("SSH_AUTH_FAILED");
    const error = await faultOf(signIn(port, { memory, interactive: false }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(tried).toHaveLength(3);
    right = "correct";
    const withCode = await serve(likePam(() => right, "Password for alice@host:", "Verification code: "));
    await signIn(withCode.port, { expected, memory });
    await faultOf(signIn(withCode.port, { memory, interactive: false }));
    expect(withCode.tried).toHaveLength(1);
  });

  it("is a password once, and its failure does not repeat it", async () => {
    const { port, tried } = await serve(onlyPassword(() => "correct"));
    const error = await faultOf(signIn(port, { expected: { password: async () => "hunter2" } }));
    expect(error.code).toBe("SSH_AUTH_FAILED");
    expect(factOf(error, "detail")).toContain("password");
    expect(JSON.stringify([error.message, error.facts])).not.toContain("hunter2");
    expect(tried).toEqual(["password"]);
  });

  it("is each question of the server, in order", async () => {
    const asked: KeyboardQuestion[] = [];
    const { port } = await serve((context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      const questions = [
        { prompt: "Secret: ", echo: false },
        { prompt: "Code\u0007: ", echo: true },
      ];
      return context.prompt(questions, "Sign in", "", (answers) => {
        if (answers.join() === "secret,123456") context.accept();
        else context.reject(["keyboard-interactive"]);
      });
    });
    const answers = ["secret", "123456"];
    const keyboardInteractive = async (question: KeyboardQuestion): Promise<readonly string[]> => {
      asked.push(question);
      return [answers[asked.length - 1] ?? ""];
    };
    await signIn(port, { expected: { keyboardInteractive } });
    const texts = asked.flatMap((question) => question.prompts.map(({ text }) => text));
    expect(texts).toHaveLength(2);
    expect(texts[0]).toContain("Secret:");
    expect(texts.join("")).not.toContain("\u0007");
  });

  it("ends everything when it is cancelled", async () => {
    const { port } = await serve(onlyPassword(() => "correct"));
    const connecting = signIn(port, { expected: { password: async () => undefined } });
    await expect(connecting).rejects.toBeInstanceOf(CancelledError);
  });

  it("is nothing where only GSSAPI is taken, for which the built-in client hands over", async () => {
    const { port } = await serve((context) => context.reject(["gssapi-with-mic" as "password"]));
    for (const choice of ["built-in", "auto"] as const) {
      const error = await faultOf(signIn(port, { choice }));
      expect(error.code).toBe("SSH_AUTH_FAILED");
      expect(factOf(error, "detail")).toContain("gssapi-with-mic");
      expect(error.message.startsWith("The system's ssh")).toBe(choice === "auto");
    }
  });
});
