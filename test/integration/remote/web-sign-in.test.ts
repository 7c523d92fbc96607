import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { SshPrompts, WebSignInQuestion } from "../../../remote/ssh/prompts.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { pageIn } from "../../../remote/ssh/session/server-notice.ts";
import { openSsh } from "../../../remote/ssh/system/open-ssh.ts";
import { type SshClientChoice, SystemSshMemory } from "../../../remote/ssh/system/system-ssh.ts";
import { runBuiltCli } from "../../support/cli.ts";
import { type ScriptedSshServer, startScriptedSshServer } from "../../support/scripted-ssh-server.ts";
import { ensureSidecar } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { newClimb, prompts } from "./lab.ts";

const PAGE = "https://login.tailscale.example/a/1b2c3d";
const CHECK = `# Tailscale SSH requires an additional check.\n# To authenticate, visit: ${PAGE}\n`;
/** With `ConnectTimeout 1`; twice that for the built-in client, three times for the system's. */
const PATIENCE_MS = 3_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "openclaw-web-sign-in-"));
  await ensureSidecar();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function serve(...args: Parameters<typeof startScriptedSshServer>): Promise<ScriptedSshServer> {
  const server = await startScriptedSshServer(...args);
  onTestFinished(() => server.stop());
  return server;
}

interface Attempt {
  readonly choice: SshClientChoice;
  readonly interactive?: boolean;
  readonly answers?: Partial<SshPrompts>;
  readonly lines?: readonly string[];
}

async function signIn(
  { port, publicKey }: Pick<ScriptedSshServer, "port" | "publicKey">,
  attempt: Attempt,
): Promise<SshSession> {
  const { choice, interactive = true, answers, lines = ["IdentityFile none"] } = attempt;
  const known = join(directory, `known-${port}`);
  await writeFile(known, `[127.0.0.1]:${port} ${publicKey}\n`);
  const config = join(directory, `config-${port}`);
  const own = [`UserKnownHostsFile ${known}`, "GlobalKnownHostsFile none", "IdentityAgent none", "ConnectTimeout 1"];
  await writeFile(config, [...own, ...lines, ""].join("\n"));
  const options = {
    target: { user: "alice", host: "127.0.0.1", port },
    prompts: prompts(answers),
    memory: new AuthMemory(),
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
  const system = { choice: () => choice, askpassFile, configFile: config, memory: new SystemSshMemory() };
  const session = await openSsh(options, system);
  onTestFinished(() => session.dispose());
  return session;
}

/** Whoever is asked, and what became of the question. */
function person(answer: "waits" | "cancel") {
  const asked: WebSignInQuestion[] = [];
  const over = vi.fn();
  const webSignIn: NonNullable<SshPrompts["webSignIn"]> = (question, signal) => {
    asked.push(question);
    if (answer === "cancel") return Promise.resolve("cancel");
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        over();
        resolve("over");
      });
    });
  };
  return { asked, over, webSignIn };
}

describe.each(["built-in", "system"] as const)(
  "a host that waits for a sign-in on a web page (%s client)",
  (choice) => {
    it("is waited for longer than any other, with the page shown, and goes on by itself", async () => {
      const server = await serve((context) => setTimeout(() => context.accept(), PATIENCE_MS + 1_000), CHECK);
      const { asked, over, webSignIn } = person("waits");
      const session = await signIn(server, { choice, answers: { webSignIn } });
      expect(session.isAlive).toBe(true);
      expect(asked).toEqual([{ user: "alice", host: "127.0.0.1", page: PAGE }]);
      expect(over).toHaveBeenCalledOnce();
    });

    it("is left when the person cancels", async () => {
      const server = await serve(() => undefined, CHECK);
      const { webSignIn } = person("cancel");
      await expect(signIn(server, { choice, answers: { webSignIn } })).rejects.toThrow(CancelledError);
    });

    it("is named with its page when nobody is there", async () => {
      const server = await serve(() => undefined, CHECK);
      const { asked, webSignIn } = person("waits");
      const error = await faultOf(signIn(server, { choice, answers: { webSignIn }, interactive: false }));
      expect(error.code).toBe("SSH_WEB_SIGN_IN");
      expect(factOf(error, "url")).toBe(PAGE);
      expect(asked).toEqual([]);
    });

    it("is not what a greeting that has an address is taken for, however long the person takes to type", async () => {
      const server = await serve((context) => {
        if (context.method === "password") context.accept();
        else context.reject(["password"]);
      }, "Be kind. See https://rules.example/ for all of it.\n");
      const { asked, webSignIn } = person("waits");
      const password = () => sleep(1_000, "open sesame");
      const session = await signIn(server, { choice, answers: { webSignIn, password } });
      expect(session.isAlive).toBe(true);
      expect(asked).toEqual([]);
    });

    it("is not what the banner of a real server is taken for, and its words stand with a refusal", async () => {
      const banner = join(directory, `greeting-${choice}`);
      await writeFile(banner, "Be kind. See https://rules.example/ for all of it.\n");
      const sshd = await startSshd({ config: [`Banner ${banner}`] });
      onTestFinished(() => sshd.stop());
      const { asked, webSignIn } = person("waits");
      const lines = [`User ${sshd.user}`, `IdentityFile ${sshd.keyFile}`];
      const place = { port: sshd.port, publicKey: sshd.hostPublicKey };
      // Alice is nobody there; what it says is told with the refusal.
      const error = await faultOf(signIn(place, { choice, answers: { webSignIn }, lines }));
      expect(error.code).toBe("SSH_AUTH_FAILED");
      expect(factOf(error, "detail")).toContain("it says: Be kind.");
      expect(asked).toEqual([]);
    });

    it("may also say why it lets nobody in, and that stands on the card", async () => {
      const words = 'tailscale: tailnet policy does not permit you to SSH as user "alice"\u202e\r\n';
      const error = await faultOf(
        signIn(await serve((context) => context.reject(["publickey"]), words), { choice, interactive: false }),
      );
      expect(error.code).toBe("SSH_AUTH_FAILED");
      expect(factOf(error, "detail")).toContain(
        'it says: tailscale: tailnet policy does not permit you to SSH as user "alice"',
      );
      expect(error.message).not.toContain("\u202e");
    });
  },
);

it.each(["health", "gateway probe"])("the command line (%s) names the page when its time is over", async (command) => {
  const { port, publicKey } = await serve(() => undefined, CHECK);
  const home = await mkdtemp(join(directory, "home-"));
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  await writeFile(join(home, ".ssh", "known_hosts"), `[127.0.0.1]:${port} ${publicKey}\n`, { mode: 0o600 });
  const args = [...command.split(" "), "--ssh", `alice@127.0.0.1:${port}`, "--timeout", "2000", "--json"];
  const { code, stdout } = await runBuiltCli(args, { HOME: home });
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.stringContaining(PAGE) as string } });
});

describe("the page that a host names", () => {
  it.each([
    [`visit ${PAGE}.`, PAGE],
    ["(https://a.example/x)", "https://a.example/x"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://a.example/?q=1&r=%20#x", "https://a.example/?q=1&r=%20#x"],
  ])("is read from %j", (text, page) => {
    expect(pageIn(text)).toBe(page);
  });

  it.each([
    "http://a.example/",
    "https://user:pass@a.example/",
    "https://trusted.example@evil.example/",
    "https://a.example/\u202egpj.exe",
    "https://",
    `https://a.example/${"x".repeat(500)}`,
    "javascript:alert(1)",
    "",
  ])("is none in %j", (text) => {
    expect(pageIn(text)).toBeUndefined();
  });
});
