import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HereOnboarding, type HereOnboardingOptions } from "../../../extension/onboarding/here-onboarding.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { openClawPortHere, openClawSetupHere } from "../../../remote/onboarding/openclaw-here.ts";

describe("the host of a remote window without a Gateway", () => {
  type Sidecar = NonNullable<HereOnboardingOptions["sidecar"]>;
  function setUp(answer: "start" | "how" | undefined, more: Partial<Sidecar> = {}) {
    const questions = { startGateway: vi.fn(async () => answer), readCredential: vi.fn(), tellHow: vi.fn() };
    const sidecar = {
      file: "/ext/dist/sidecar.mjs",
      version: "1.0.0",
      start: vi.fn(async () => 19_000),
      readToken: vi.fn(async (): Promise<string | undefined> => "made"),
      onUse: vi.fn(),
      ...more,
    };
    const options: HereOnboardingOptions = {
      host: "home",
      questions,
      findSetup: async () => undefined,
      environment: { env: {}, home: "/nonexistent" },
      sidecar,
      logger: silentLogger,
    };
    const doing = vi.fn();
    const stop = new AbortController();
    const start = () => new HereOnboarding(options).startGateway({ port: 18_789, signal: stop.signal, doing });
    return { options, sidecar, questions, doing, stop, start };
  }

  it("gets one after one question that says what is started, and its token is known", async () => {
    const { sidecar, questions, doing, start } = setUp("start");
    expect(await start()).toEqual({ token: "made" });
    expect(questions.startGateway).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ host: "home", directory: "/ext/dist/sidecar.mjs", purpose: "start", port: 18_789 }),
      expect.anything(),
    );
    expect(sidecar.start).toHaveBeenCalledTimes(1);
    expect(sidecar.onUse).toHaveBeenCalledTimes(1);
    expect(doing).toHaveBeenCalledWith("starting");
  });

  it("is asked for its credential when the sidecar that runs there has none of its own", async () => {
    expect(await setUp("start", { readToken: async () => undefined }).start()).toEqual({});
  });

  it.each(["how", undefined] as const)("is left alone after %s", async (answer) => {
    const { sidecar, questions, start } = setUp(answer);
    expect(await start()).toBeUndefined();
    expect(sidecar.start).not.toHaveBeenCalled();
    expect(sidecar.onUse).not.toHaveBeenCalled();
    expect(questions.tellHow.mock.calls).toEqual(answer === "how" ? [["home"]] : []);
  });

  it("is left alone where nothing may be started, without a question", async () => {
    const { options, questions } = setUp("start");
    const here = new HereOnboarding({ ...options, sidecar: undefined });
    const { signal } = new AbortController();
    expect(await here.startGateway({ port: 18_789, signal, doing: vi.fn() })).toBeUndefined();
    expect(questions.startGateway).not.toHaveBeenCalled();
  });

  it("is left alone when the climb was cancelled meanwhile", async () => {
    const { sidecar, stop, start } = setUp("start");
    stop.abort();
    await expect(start()).rejects.toBeInstanceOf(CancelledError);
    expect(sidecar.start).not.toHaveBeenCalled();
  });
});

describe("OpenClaw on this computer", () => {
  let home: string;
  beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), "openclaw-here-"))));
  afterEach(() => rm(home, { recursive: true, force: true }));

  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  };
  const runs = (stateDir: string, port: number, pid = process.pid) => {
    const lock = { pid, stateDir: join(home, stateDir), configPath: join(home, stateDir, "openclaw.json"), port };
    return write(join(stateDir, "tmp/openclaw-0/gateway.state.lock"), JSON.stringify(lock, null, 2));
  };
  const environment = (env: Readonly<Record<string, string>> = {}) => ({ env, home });

  const read = async (
    port: number,
    answer: "read" | "type" | undefined,
    env: Readonly<Record<string, string>> = {},
  ) => {
    const readCredential = vi.fn(async () => answer);
    const here = new HereOnboarding({
      host: "this computer",
      questions: { startGateway: vi.fn(), readCredential, tellHow: vi.fn() },
      findSetup: () => openClawSetupHere(environment(env), port),
      environment: environment(env),
      sidecar: undefined,
      logger: silentLogger,
    });
    return { answer: await here.readCredential(new AbortController().signal), readCredential };
  };

  it("is found on the port that it was started with, while its process lives", async () => {
    expect(await openClawPortHere(environment())).toBeUndefined();
    await runs(".openclaw-rescue", 19_789);
    expect(await openClawPortHere(environment())).toBeUndefined();
    await runs(".openclaw", 19_000, 4_194_305);
    expect(await openClawPortHere(environment())).toBeUndefined();
    await runs(".openclaw", 19_000);
    expect(await openClawPortHere(environment())).toBe(19_000);
    await runs("elsewhere", 19_001);
    expect(await openClawPortHere(environment({ OPENCLAW_STATE_DIR: join(home, "elsewhere") }))).toBe(19_001);
  });

  it("has its token read after one question that names the file, each profile its own", async () => {
    await write(".openclaw/openclaw.json", "// mine\n{ gateway: { auth: { token: 'of-the-first' } } }");
    await write(".openclaw-rescue/openclaw.json", "{ gateway: { auth: { mode: 'password', password: '${PW}' } } }");
    await write(".openclaw-rescue/.env", "PW=of-the-rescue\n");
    await runs(".openclaw-rescue", 19_789);
    const own = await read(18_789, "read");
    expect(own.answer).toEqual({ kind: "found", credential: { token: "of-the-first" } });
    const file = join(home, ".openclaw/openclaw.json");
    expect(own.readCredential.mock.calls).toEqual([[{ host: "this computer", file, isHere: true }, expect.anything()]]);
    const rescue = await read(19_789, "read");
    expect(rescue.answer).toEqual({ kind: "found", credential: { password: "of-the-rescue" } });
    expect((await read(19_789, "read", { PW: "of-the-process" })).answer).toMatchObject({
      credential: { password: "of-the-process" },
    });
  });

  it("has it typed when the person wants that, when there is no config, and, with the reason, when it cannot be read", async () => {
    const none = await read(18_789, "read");
    expect(none.answer).toEqual({ kind: "type" });
    expect(none.readCredential).not.toHaveBeenCalled();
    await write(".openclaw/openclaw.json", "{ gateway: { auth: { token: 'secret-one'");
    expect((await read(18_789, "type")).answer).toEqual({ kind: "type" });
    expect((await read(18_789, undefined)).answer).toEqual({ kind: "cancelled" });
    const broken = await read(18_789, "read");
    expect(broken.answer).toMatchObject({ kind: "type", why: { code: "REMOTE_CONFIG_UNREADABLE" } });
    expect(JSON.stringify(broken.answer)).not.toContain("secret-one");
    await write(".openclaw/openclaw.json", `{/*${"x".repeat(1_100_000)}*/}`);
    expect((await read(18_789, "read")).answer).toMatchObject({ why: { code: "REMOTE_CONFIG_UNREADABLE" } });
  });
});
