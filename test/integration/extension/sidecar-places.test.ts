import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HostQuestions } from "../../../extension/onboarding/host-questions.ts";
import { type PlacePorts, atPlace } from "../../../extension/sidecar-life/at-place.ts";
import { localPlace } from "../../../extension/sidecar-life/local-place.ts";
import type { SidecarPlace } from "../../../extension/sidecar-life/sidecar-place.ts";
import { logText } from "../../../extension/sidecar-life/log-text.ts";
import { initialState } from "../../../protocol/client/connection-state.ts";
import { SIDECAR, ensureSidecar } from "../../support/sidecar.ts";
import { freePort } from "../../support/sshd.ts";
import { linkView } from "../../unit/extension/fakes.ts";
import { type Host, buildSidecar, startHost } from "../onboarding/host.ts";
import { environmentOf, prompts } from "../remote/lab.ts";

const { signal } = new AbortController();

describe("the sidecar of this computer", () => {
  let stateDir: string;
  beforeAll(ensureSidecar);
  afterEach(() => rm(stateDir, { recursive: true, force: true }));

  it("is started once, outlives the call, is restarted by an update, tells its log, and stops", async () => {
    stateDir = await mkdtemp(join(tmpdir(), "openclaw-here-"));
    const port = await freePort();
    const env = { ...process.env, OPENCLAW_GATEWAY_PORT: String(port) };
    const place = localPlace({ name: "here", file: SIDECAR, stateDir, env });
    expect(await place.log(signal)).toBeUndefined();
    expect(await place.stop(signal)).toBe(false);
    expect(await place.start(signal)).toMatchObject({ port, alreadyRunning: false });
    expect(await place.start(signal)).toMatchObject({ port, alreadyRunning: true });
    const pid = async () => (JSON.parse(await readFile(join(stateDir, "runtime.json"), "utf8")) as { pid: number }).pid;
    const before = await pid();
    expect(await place.update(signal)).toMatchObject({ port, alreadyRunning: false });
    expect(await pid()).not.toBe(before);
    expect(logText((await place.log(signal)) ?? "")).toContain(`127.0.0.1:${port}`);
    expect(await place.stop(signal)).toBe(true);
  });

  it("says in the sidecar's own words why it cannot start", async () => {
    stateDir = await mkdtemp(join(tmpdir(), "openclaw-here-"));
    const place = localPlace({ name: "here", file: SIDECAR, stateDir: "/proc/nothing", env: process.env });
    await expect(place.start(signal)).rejects.toMatchObject({ code: "SIDECAR_START_FAILED" });
  });
});

describe("the sidecar of a host", () => {
  let builds: string;
  let host: Host;
  const files: Record<string, string> = {};
  beforeAll(async () => {
    builds = await mkdtemp(join(tmpdir(), "openclaw-builds-"));
    for (const version of ["1.0.0", "1.1.0"]) files[version] = await buildSidecar(builds, version);
  });
  afterAll(() => rm(builds, { recursive: true, force: true }));
  afterEach(() => host?.stop());

  it("is installed, updated, stopped, started again and uninstalled over SSH, with one question each", async () => {
    host = await startHost();
    const port = await freePort();
    await host.write(".openclaw-sidecar/openclaw.json", JSON.stringify({ gateway: { port } }));
    const asked: string[] = [];
    const questions: HostQuestions = {
      chooseGateway: () => Promise.reject(new Error("an unexpected question")),
      startGateway: async ({ purpose }) => {
        asked.push(purpose);
        return "start";
      },
      uninstallSidecar: async () => {
        asked.push("uninstall");
        return "everything";
      },
      readCredential: () => Promise.reject(new Error("an unexpected question")),
      approveDevice: () => Promise.reject(new Error("an unexpected question")),
      tellHow: () => undefined,
    };
    const ports = (version: string): PlacePorts => ({
      link: { view: linkView(initialState, { profile: undefined }), host: undefined },
      sshPrompts: prompts(),
      sshEnvironment: environmentOf(host.sshd),
      questions,
      sidecar: { file: files[version] ?? "", version },
      here: { name: "here", file: "", stateDir: "", env: {} },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const at = <T>(version: string, work: (place: SidecarPlace) => Promise<T>) =>
      atPlace({ kind: "ssh", destination: "lab" }, { signal, work }, ports(version));

    expect(await at("1.0.0", (place) => place.log(signal))).toBeUndefined();
    expect(await at("1.0.0", (place) => place.start(signal))).toMatchObject({ version: "1.0.0", port });
    expect(await at("1.1.0", (place) => place.start(signal))).toMatchObject({ version: "1.0.0", alreadyRunning: true });
    expect(await at("1.1.0", (place) => place.install(signal))).toMatchObject({ version: "1.1.0", port });
    expect(await at("1.1.0", (place) => place.update(signal))).toMatchObject({
      version: "1.1.0",
      alreadyRunning: true,
    });
    expect(await at("1.1.0", (place) => place.stop(signal))).toBe(true);
    expect(await at("1.1.0", (place) => place.start(signal))).toMatchObject({ port, alreadyRunning: false });
    expect(logText((await at("1.1.0", (place) => place.log(signal))) ?? "")).toContain(`127.0.0.1:${port}`);
    const left = await at("1.1.0", async (place) => place.uninstall?.(signal));
    expect(left).toEqual([join(host.home, ".openclaw-sidecar", "openclaw.json")]);
    expect(asked).toEqual(["start", "update", "uninstall"]);
    await expect.poll(() => host.sshd.countSessions()).toBe(0);
  });
});
