import { describe, expect, it, vi } from "vitest";
import { HereOnboarding, type HereOnboardingOptions } from "../../../extension/onboarding/here-onboarding.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";

describe("the host of a remote window without a Gateway", () => {
  function setUp(answer: "start" | "how" | undefined, more: Partial<HereOnboardingOptions> = {}) {
    const questions = { startGateway: vi.fn(async () => answer), tellHow: vi.fn() };
    const options = {
      host: "home",
      file: "/ext/dist/sidecar.mjs",
      version: "1.0.0",
      questions,
      startSidecar: vi.fn(async () => 19_000),
      readToken: vi.fn(async (): Promise<string | undefined> => "made"),
      onSidecar: vi.fn(),
      ...more,
    };
    const doing = vi.fn();
    const stop = new AbortController();
    const start = () => new HereOnboarding(options).startGateway({ port: 18_789, signal: stop.signal, doing });
    return { options, questions, doing, stop, start };
  }

  it("gets one after one question that says what is started, and its token is known", async () => {
    const { options, questions, doing, start } = setUp("start");
    expect(await start()).toEqual({ token: "made" });
    expect(questions.startGateway).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ host: "home", directory: "/ext/dist/sidecar.mjs", purpose: "start", port: 18_789 }),
      expect.anything(),
    );
    expect(options.startSidecar).toHaveBeenCalledTimes(1);
    expect(options.onSidecar).toHaveBeenCalledTimes(1);
    expect(doing).toHaveBeenCalledWith("starting");
  });

  it("is asked for its credential when the sidecar that runs there has none of its own", async () => {
    expect(await setUp("start", { readToken: async () => undefined }).start()).toEqual({});
  });

  it.each(["how", undefined] as const)("is left alone after %s", async (answer) => {
    const { options, questions, start } = setUp(answer);
    expect(await start()).toBeUndefined();
    expect(options.startSidecar).not.toHaveBeenCalled();
    expect(options.onSidecar).not.toHaveBeenCalled();
    expect(questions.tellHow.mock.calls).toEqual(answer === "how" ? [["home"]] : []);
  });

  it("is left alone when the climb was cancelled meanwhile", async () => {
    const { options, stop, start } = setUp("start");
    stop.abort();
    await expect(start()).rejects.toBeInstanceOf(CancelledError);
    expect(options.startSidecar).not.toHaveBeenCalled();
  });
});
