import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChatItem } from "../../../protocol/chat/transcript.ts";
import type { SessionOption } from "../../../protocol/webview/contract.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { SentenceAnnouncer } from "../../../webview/state/announcer.ts";
import { cost, duration, tokenCount, wholeDuration } from "../../../webview/state/format.ts";
import { PanelStore } from "../../../webview/state/panel-store.ts";
import { ScrollModel } from "../../../webview/state/scroll-model.ts";
import { groupSessions } from "../../../webview/state/sessions.ts";
import { askingAt, fittingCommands, withMention } from "../../../webview/state/suggest.ts";
import { firstAfter } from "../../../webview/state/unread.ts";
import { stepWords } from "../../../webview/state/step-words.ts";
import { connected } from "./panel-in-dom.tsx";

const t = translator("en");

describe("the scroll model", () => {
  const ask = (n: number): ChatItem => ({ kind: "question", id: `q${n}`, text: "Why?", at: 0, delivery: "sent" });
  const items = Array.from({ length: 100 }, (_, n) => ask(n));
  const heights = new Map(items.map((item) => [item.id, 50]));
  const viewport = (top: number): { top: number; height: number; end: number } => ({ top, height: 500, end: 5_000 });
  let model: ScrollModel;

  beforeEach(() => {
    model = new ScrollModel();
    model.layout(items);
    model.measured(heights, viewport(4_500), 360);
  });

  it("follows the end from the start", () => {
    expect(model.measured(heights, viewport(4_500), 360)).toBe("end");
    expect(model.layout(items)).toMatchObject({ end: 100, after: 0 });
  });

  it("lets go with the smallest step upwards, and follows again within 24 pixels of the end", () => {
    model.scrolledTo(viewport(4_490));
    expect(model.following.value).toBe(false);
    model.scrolledTo(viewport(4_400));
    model.scrolledTo(viewport(4_470));
    expect(model.following.value).toBe(false);
    model.scrolledTo(viewport(4_477));
    expect(model.following.value).toBe(true);
  });

  it("goes on following when the browser moves up because the content shrank", () => {
    model.scrolledTo({ top: 4_300, height: 500, end: 4_800 });
    expect(model.following.value).toBe(true);
  });

  it("counts what comes while the reader is elsewhere, and forgets it at the end", () => {
    model.scrolledTo(viewport(1_000));
    model.layout([...items, ask(100), ask(101)]);
    expect(model.missed.value).toBe(2);
    model.toEnd();
    expect(model.missed.value).toBe(0);
  });

  it("keeps the row at the top edge in its place when others above it grow or arrive", () => {
    model.scrolledTo(viewport(1_010));
    const earlier = [ask(-2), ask(-1)];
    model.layout([...earlier, ...items]);
    const measured = new Map([...heights, ["q-2", 100], ["q-1", 100], ["q3", 80]]);
    expect(model.measured(measured, viewport(1_010), 360)).toBe(1_010 + 200 + 30);
  });

  it("draws a few rows around the viewport and stands in for the rest", () => {
    model.scrolledTo(viewport(2_000));
    const { start, end, before, after } = model.layout(items);
    expect(end - start).toBeLessThan(40);
    expect(before + after + (end - start) * 50).toBe(5_000);
  });
});

describe("the store", () => {
  it("applies a burst of deltas at once, in order", () => {
    const frames: (() => void)[] = [];
    const store = new PanelStore((run) => {
      frames.push(run);
      return () => undefined;
    });
    store.receive({ type: "state", ...connected });
    const run: ChatItem = { kind: "run", id: "r", runId: "r", steps: [], text: "", status: "streaming", startedAt: 0 };
    store.receive({
      type: "transcript",
      sessionKey: "main",
      patch: { type: "reset", items: [run], hasEarlier: false },
    });
    const seen: number[] = [];
    store.shownItems.subscribe((items) => void seen.push(items.length));
    for (const text of ["a", "b", "c"])
      store.receive({ type: "transcript", sessionKey: "main", patch: { type: "append", id: "r", text } });
    expect(seen).toHaveLength(1);
    frames.at(-1)?.();
    expect(seen).toHaveLength(2);
    expect(store.shownItems.value).toMatchObject([{ text: "abc" }]);
  });
});

describe("announcements", () => {
  let said: string[];
  let announcer: SentenceAnnouncer;
  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    announcer = new SentenceAnnouncer(
      (text) => void said.push(text),
      () => "Code block.",
    );
  });
  afterEach(() => {
    announcer.dispose();
    vi.useRealTimers();
  });

  it("say whole sentences, at most once in two seconds", () => {
    announcer.start("");
    announcer.grow("One is **here**. Two is");
    announcer.grow("One is **here**. Two is there. Three");
    vi.advanceTimersByTime(1_900);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(said).toEqual(["One is here. Two is there."]);
    announcer.finish("One is **here**. Two is there. Three", "Answer finished.");
    vi.advanceTimersByTime(2_000);
    expect(said.at(-1)).toBe("Three Answer finished.");
  });

  it("name code instead of reading it", () => {
    announcer.start("");
    announcer.finish("Run this:\n\n```sh\nrm -rf ./dist\n```\n", "Done.");
    vi.advanceTimersByTime(2_000);
    expect(said).toEqual(["Run this: Code block. Done."]);
  });

  it("know Chinese stops", () => {
    announcer.start("");
    announcer.grow("第一句。第二");
    vi.advanceTimersByTime(2_000);
    expect(said).toEqual(["第一句。"]);
  });
});

describe("words and numbers", () => {
  it("are short", () => {
    expect([12, 180, 400, 14_000, 120_000, 75_000].map((ms) => duration(t, ms))).toEqual([
      "12 ms",
      "180 ms",
      "0.4 s",
      "14 s",
      "2 min",
      "1 min 15 s",
    ]);
    expect(wholeDuration(t, Number.NaN)).toBe("0 s");
    expect([840, 3_100, 42_000].map((n) => tokenCount("en", n))).toEqual(["840", "3.1k", "42k"]);
    expect([3_100, 36_000].map((n) => tokenCount("zh-cn", n))).toEqual(["3,100", "3.6 万"]);
    expect([0, 0.001, 0.44].map(cost)).toEqual(["$0.00", "<$0.01", "$0.44"]);
  });

  it.each([
    ["exec", '{"command":"ls -la"}', "Ran", "ls -la"],
    ["read_file", '{"path":"/etc/hosts"}', "Read", "/etc/hosts"],
    ["web_search", '{"query":"x"}', "Fetched", "x"],
    ["my\u202Etool", "{}", "Used my\\u{202e}tool", ""],
    ["exec", '{"command":"cut off in the mid', "Ran", ""],
  ])("tell what %s did with %s", (tool, args, verb, object) => {
    expect(stepWords({ tool, args, status: "ok" }, t)).toMatchObject({ verb, object });
  });

  it("group sessions by time, newest first, and leave out what is too much to scroll", () => {
    const now = new Date(2026, 1, 2, 12).getTime();
    const session = (key: string, updatedAt: number): SessionOption => ({
      key,
      title: key,
      updatedAt,
      unread: false,
      running: key === "r",
      isMain: false,
    });
    const few = groupSessions([session("old", now - 86_400_000), session("r", now - 1), session("new", now)], "", now);
    expect(few.groups.map((group) => [group.name, group.sessions.map(({ key }) => key)])).toEqual([
      ["running", ["r"]],
      ["today", ["new"]],
      ["earlier", ["old"]],
    ]);
    expect(
      groupSessions(
        Array.from({ length: 300 }, (_, n) => session(`s${n}`, n)),
        "s",
        now,
      ).leftOut,
    ).toBe(200);
  });
});

describe("what the composer helps with", () => {
  it.each([
    ["/", 1, { kind: "command", query: "" }],
    ["/mod", 4, { kind: "command", query: "mod" }],
    ["/model ", 7, undefined],
    ["see /model", 10, undefined],
    ["/a/b", 4, undefined],
    ["@", 1, { kind: "mention", query: "", start: 0 }],
    ["fix @src/a.t", 12, { kind: "mention", query: "src/a.t", start: 4 }],
    ["fix @src/a.t now", 16, undefined],
    ["mail me@home", 12, undefined],
    ["", 0, undefined],
  ])("in %j with the caret at %i", (text, caret, asking) => {
    expect(askingAt(text, caret)).toEqual(asking);
  });

  it("offers the commands that begin with what is typed before those that only speak of it", () => {
    const command = (name: string, description = "") => ({ name, description, acceptsArgs: false });
    const all = [command("/reset", "Forget the model."), command("/model"), command("/remodel"), command("/stop")];
    expect(fittingCommands(all, "mod").map(({ name }) => name)).toEqual(["/model", "/remodel", "/reset"]);
    expect(fittingCommands(Array(900).fill(command("/x")), "")).toHaveLength(50);
  });

  it("puts a mention where it was typed and its text below everything else", () => {
    const mention = { reference: "@src/a.ts", excerpt: "```ts src/a.ts\nx\n```" };
    const done = withMention("fix @src today", { start: 4, query: "src" }, mention);
    expect(done).toEqual({ text: "fix @src/a.ts today\n\n```ts src/a.ts\nx\n```\n", caret: 14 });
    expect(done.text.slice(0, done.caret)).toBe("fix @src/a.ts ");
    const alone = withMention("@", { start: 0, query: "" }, mention);
    expect(alone.text.slice(0, alone.caret)).toBe("@src/a.ts ");
    // Somebody typed on while it was read.
    expect(withMention("something else", { start: 4, query: "src" }, mention).text).toMatch(/^something else @src/);
  });
});

it("finds the first thing that was not on screen before", () => {
  const ask = (at: number): ChatItem => ({ kind: "question", id: `q${at}`, text: "Why?", at, delivery: "sent" });
  expect(firstAfter([ask(1), ask(5), ask(9)], 5)).toBe(2);
  expect(firstAfter([ask(1), ask(5)], 9)).toBe(-1);
  expect(firstAfter([ask(6), ask(7)], 5)).toBe(-1);
});
