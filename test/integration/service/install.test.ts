import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRunning } from "../../../sidecar/service/process-identity.ts";
import { makeServiceTools } from "../../support/service-tools.ts";
import { SIDECAR } from "../../support/sidecar.ts";
import { type ServiceLab, openServiceLab, textOf } from "./service-lab.ts";

const ODD_DIR = `st "a" te %h $HOME`;

let lab: ServiceLab;
let tools: string;
let env: Record<string, string>;

/** The supervisor that stands in is systemd's, so that these run where systemd could. */
const isLinux = process.platform === "linux";

beforeEach(async () => {
  lab = await openServiceLab();
  tools = join(lab.home, "tools");
  env = await makeServiceTools(tools);
});
afterEach(() => lab.dispose());

const calls = (): readonly string[] =>
  textOf(join(tools, "calls"))
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as string[]).slice(1).join(" "));
const unitPath = (): string => join(lab.home, ".config/systemd/user/openclaw-sidecar-a.service");
const install = (...args: readonly string[]) => lab.json(["install", "--profile", "a", "--port", "0", ...args], env);

describe.runIf(isLinux)("install", () => {
  it("writes the unit, starts it, and every command then goes through the service", async () => {
    const installed = await install();
    expect(installed).toMatchObject({ kind: "systemd", unit: "openclaw-sidecar-a.service", ready: true });
    expect((installed["notes"] as string[]).join()).toContain("loginctl enable-linger");
    expect(calls()).toEqual(
      expect.arrayContaining([
        "daemon-reload",
        "enable openclaw-sidecar-a.service",
        "restart openclaw-sidecar-a.service",
      ]),
    );
    const { pid } = lab.runtime("a");

    const status = await lab.json<{ service: unknown }>(["status", "--profile", "a"], env);
    expect(status.service).toMatchObject({ installed: true, active: true, unit: "openclaw-sidecar-a.service" });
    expect(await lab.json(["start", "--profile", "a"], env)).toMatchObject({ pid, alreadyRunning: true });

    const restarted = await lab.json(["restart", "--profile", "a"], env);
    expect(restarted).toMatchObject({ ready: true, stoppedPid: pid });
    expect(calls()).toContain("restart --no-block openclaw-sidecar-a.service");

    expect(await lab.json(["stop", "--profile", "a"], env)).toMatchObject({ stopped: true, forced: false });
    expect(calls()).toContain("stop --no-block openclaw-sidecar-a.service");
    const down = await lab.run(["status", "--profile", "a"], env);
    expect(down).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("is installed, but no sidecar runs") as string,
    });

    expect(await lab.json(["start", "--profile", "a"], env)).toMatchObject({ ready: true, alreadyRunning: false });
    expect(calls()).toContain("start --no-block openclaw-sidecar-a.service");
  });

  it("again replaces the service, and uninstall removes all but the state", async () => {
    await install();
    const first = lab.runtime("a").pid;
    await install();
    const second = lab.runtime("a").pid;
    expect(second).not.toBe(first);
    expect(await lab.json(["uninstall", "--profile", "a"], env)).toMatchObject({ ok: true, removed: true });
    expect(isRunning(second)).toBe(false);
    expect(existsSync(unitPath())).toBe(false);
    expect(existsSync(join(lab.stateDir("a"), "gateway.token"))).toBe(true);
    expect(calls().slice(-3)).toEqual([
      "disable --now openclaw-sidecar-a.service",
      "daemon-reload",
      "reset-failed openclaw-sidecar-a.service",
    ]);
    expect(await lab.json(["uninstall", "--profile", "a"], env)).toMatchObject({ ok: true, removed: false });
  });

  it("works with any directory, and gives the service its own variables from a private file", async () => {
    const stateDir = join(lab.home, ODD_DIR);
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, "service.env"), "OPENCLAW_GATEWAY_PORT=0\n", { mode: 0o600 });
    const result = await lab.json(["install", "--state-dir", stateDir], env);
    expect(result).toMatchObject({ ready: true });
    expect(result["url"]).not.toBe("ws://127.0.0.1:18789");
    expect(await lab.json(["uninstall", "--state-dir", stateDir], env)).toMatchObject({ removed: true });
    expect(existsSync(join(stateDir, "runtime.json"))).toBe(false);
  });

  it("with --dry-run prints the unit and changes nothing", async () => {
    const { code, stdout } = await lab.run(["install", "--profile", "a", "--dry-run"], {
      ...env,
      OPENCLAW_GATEWAY_TOKEN: "a-secret-of-this-shell-0123456789",
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`"${SIDECAR}" "run" "--state-dir" "${lab.stateDir("a")}"`);
    expect(stdout).not.toContain("a-secret-of-this-shell");
    expect([unitPath(), lab.stateDir("a"), join(tools, "calls")].filter((path) => existsSync(path))).toEqual([]);
  });

  it.each([
    [["--token", "s3cret-s3cret-s3cret"], 2, /--token is refused here/],
    [["--config", "/nonexistent.json"], 1, /cannot be read/],
    [["--profile", "a/b"], 2, /no profile name/],
  ])("refuses %j with one sentence and writes nothing", async (args, exitCode, sentence) => {
    const { code, stderr } = await lab.run(["install", "--profile", "a", ...args], env);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain("s3cret-s3cret");
    expect(existsSync(unitPath())).toBe(false);
  });

  it("refuses a password that the service could not know", async () => {
    await lab.writeConfig("a", { gateway: { auth: { mode: "password" } } });
    const withShell = { ...env, OPENCLAW_GATEWAY_PASSWORD: "only-in-this-shell" };
    const refused = await lab.run(["install", "--profile", "a"], withShell);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("service.env") as string });
    expect(existsSync(unitPath())).toBe(false);
  });

  it("does not take over a sidecar that was started by hand", async () => {
    const { pid } = await lab.json<{ pid: number }>(["start", "--profile", "a", "--port", "0"], env);
    const refused = await lab.run(["install", "--profile", "a"], env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("already runs") as string });
    expect(existsSync(unitPath())).toBe(false);
    expect(isRunning(pid)).toBe(true);
  });

  it("says in one sentence that there is no systemd to ask", async () => {
    const without = { ...env, FAKE_SYSTEMD_DOWN: "1" };
    const refused = await lab.run(["install", "--profile", "a"], without);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^This person's systemd cannot be reached/) as string,
    });
    expect(existsSync(unitPath())).toBe(false);
  });
});
