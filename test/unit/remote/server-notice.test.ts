import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LadderReporter } from "../../../protocol/ladder/steps.ts";
import type { WebSignInQuestion } from "../../../remote/ssh/prompts.ts";
import { ServerNotice } from "../../../remote/ssh/session/server-notice.ts";

const PAGE = "https://login.tailscale.example/a/1b2c3d";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listening() {
  const asked: WebSignInQuestion[] = [];
  const given: number[] = [];
  const notice = new ServerNotice({
    config: { hostName: "nas", port: 22, user: "alice" },
    prompts: {
      webSignIn(question) {
        asked.push(question);
        return new Promise(() => undefined);
      },
    },
    interactive: true,
    ladder: new LadderReporter(() => undefined),
    signal: new AbortController().signal,
    clock: { start: (ms) => void given.push(ms) },
    patienceMs: 20_000,
    onCancel: () => undefined,
  });
  return { notice, asked, given };
}

describe("what a server says before it lets anybody in", () => {
  it("may come in pieces: the whole address is shown, once, and only when nothing else comes", async () => {
    const { notice, asked, given } = listening();
    for (const piece of ["To authenticate, visit: https://login.tail", "scale.example/a/1b", "2c3d\n"]) {
      notice.hear(piece);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    notice.hear("Still there.\n");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual([{ user: "alice", host: "nas", page: PAGE }]);
    expect(given).toEqual([300_000]);
    notice.answered();
    expect(given).toEqual([300_000, 20_000]);
    expect(notice.failure).toBeUndefined();
  });

  it("is waited for anew when it names a page after an answer, and not for the page of before", async () => {
    const { notice, asked } = listening();
    notice.hear("See https://rules.example/\n");
    notice.answered();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toEqual([]);
    notice.hear(`Visit ${PAGE}\n`);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.map(({ page }) => page)).toEqual([PAGE]);
    expect(notice.words).toEqual([`it says: See https://rules.example/ Visit ${PAGE}`]);
  });

  it("never becomes a flood", () => {
    const { notice } = listening();
    for (let piece = 0; piece < 10_000; piece++) notice.hear("x".repeat(1_000));
    expect(notice.words.join("").length).toBeLessThan(300);
  });
});
