import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import JSON5 from "json5";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../support/sshd.ts";
import { makeServiceTools } from "../../support/service-tools.ts";
import { startSidecar } from "../../support/sidecar.ts";
import { type StubModel, startStubModel, stubReply } from "../../support/stub-model.ts";
import { runBuiltCli } from "../../support/cli.ts";
import { ROOT, blocksOf, commandThatNeeds, commandsOf, exitCodeOf } from "./markdown.ts";
import { type Shell, openShell } from "./shell.ts";

const blocks = blocksOf("docs/sidecar.md");
const commands = commandsOf(blocks);

const configs = blocks
  .filter(({ language, note }) => language === "json5" && note === "config")
  .map(({ line, text }) => {
    const { agents } = JSON5.parse<{ agents?: { defaults: { model: { primary: string } } } }>(text);
    return { line, text, primary: agents?.defaults.model.primary };
  });

describe("the commands of docs/sidecar.md", () => {
  let home: string;
  let shell: Shell;
  let port: number;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "openclaw-docs-"));
    port = await freePort();
    shell = await openShell({ home, env: { OPENCLAW_GATEWAY_PORT: String(port) } });
  });
  afterAll(async () => {
    await shell.run("openclaw-sidecar stop --force; openclaw-sidecar stop --force --profile work");
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  it.each(commands.filter(({ needs }) => needs === undefined))("$title", async ({ block }) => {
    expect(await shell.run("openclaw-sidecar start")).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await shell.run(block.text.replaceAll("18789", String(port)));
    expect(code, stderr).toBe(exitCodeOf(block));
    // A result, or the one sentence of a failure.
    expect(stdout === "").toBe(stderr !== "");
  });

  it("name the built file of this clone openclaw-sidecar", async () => {
    const { stdout } = await shell.run("openclaw-sidecar --version");
    // A name that the shell knows goes before a command of the PATH.
    const named = await shell.run(
      `cd '${ROOT}'\n${commandThatNeeds(commands, "clone")}\nopenclaw-sidecar --version\ntype openclaw-sidecar`,
    );
    expect(named).toMatchObject({ code: 0, stderr: "" });
    expect(named.stdout.startsWith(stdout)).toBe(true);
    expect(named.stdout.slice(stdout.length)).toMatch(/^openclaw-sidecar is an? .*alias/);
  });

  it("run it in the foreground until Ctrl-C", async () => {
    // A state directory of its own: in the usual one a sidecar runs already.
    const running = shell.start(`${commandThatNeeds(commands, "foreground")} --state-dir "$HOME/foreground"`);
    expect(JSON.parse(await running.firstLine)).toMatchObject({ ready: true });
    expect(await running.interrupt()).toBe(0);
  });

  // What manages services here is the tester's own: stand-ins for systemctl and loginctl take its place.
  it.runIf(process.platform === "linux")("install it as a service that starts before its person logs in", async () => {
    await shell.run("openclaw-sidecar stop --force");
    const env = await makeServiceTools(join(home, "tools"));
    const [install = "", uninstall = ""] = commandThatNeeds(commands, "service").split("\n");
    const linger = commandThatNeeds(commands, "linger");
    const first = await shell.run(install, env);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain(linger.replace('"$USER"', userInfo().username));
    expect(await shell.run(linger, env)).toMatchObject({ code: 0 });
    const again = await shell.run(install, env);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).not.toContain("enable-linger");
    expect(await shell.run("openclaw-sidecar health", env)).toMatchObject({ code: 0, stderr: "" });
    expect(await shell.run(uninstall, env)).toMatchObject({ code: 0, stderr: "" });
    expect(await shell.run("openclaw-sidecar health", env)).toMatchObject({ code: 3, stdout: "" });
  });

  it("says of every option of run what it is, and of none that is not there", async () => {
    const flags = (text = "") => [...new Set(text.match(/--[a-z][a-z-]+/g))].toSorted();
    const { stdout } = await shell.run("openclaw-sidecar run --help");
    expect(flags(/\| option of `run`[\s\S]*?\n\n/.exec(await page())?.[0])).toEqual(flags(stdout));
  });

  it("names only files that are in the state directory after a start", async () => {
    await shell.run("openclaw-sidecar start");
    for (const file of ["gateway.token", "device-tokens.key", "sidecar.sqlite", "runtime.json", "logs/sidecar.log"]) {
      expect(await page()).toContain(file);
      expect(await readFile(join(home, ".openclaw-sidecar", file))).toBeDefined();
    }
  });
});

const page = (): Promise<string> => readFile(join(import.meta.dirname, "../../../docs/sidecar.md"), "utf8");

describe("the configs of docs/sidecar.md", () => {
  let model: StubModel;
  beforeAll(async () => {
    model = await startStubModel();
    return () => model.close();
  });
  const env = { OPENROUTER_API_KEY: "key-of-the-test", ANTHROPIC_API_KEY: "key-of-the-test" };

  it.each(configs)("line $line starts a sidecar with the model $primary", async ({ text, primary }) => {
    const source = text.replaceAll(/baseUrl: "[^"]+"/g, `baseUrl: "${model.baseUrl}"`);
    const sidecar = await startSidecar({ config: JSON5.parse<unknown>(source), env });
    const call = async (method: string, params: object): Promise<unknown> => {
      const args = ["gateway", "call", method, "--state-dir", sidecar.stateDir, "--params", JSON.stringify(params)];
      const run = await runBuiltCli(args, { OPENCLAW_GATEWAY_TOKEN: sidecar.token });
      expect(run).toMatchObject({ code: 0, stderr: "" });
      return JSON.parse(run.stdout);
    };
    try {
      const id = primary?.slice(primary.indexOf("/") + 1) ?? null;
      expect(await call("status", {})).toMatchObject({ sessions: { defaults: { model: id } } });
      // The stub speaks like OpenAI only.
      if (id === null || text.includes("anthropic-messages")) return;
      await call("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "docs" });
      await expect
        .poll(async () => JSON.stringify(await call("chat.history", { sessionKey: "main" })), { timeout: 15_000 })
        .toContain(stubReply("hello"));
      const key = text.includes("OPENROUTER_API_KEY") ? `Bearer ${env.OPENROUTER_API_KEY}` : undefined;
      expect(model.requests.at(-1)).toMatchObject({ model: id, authorization: key });
    } finally {
      await sidecar.stop();
    }
  });
});
