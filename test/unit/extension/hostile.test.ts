import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clip } from "../../../extension/chat/clip.ts";
import { connectChoices } from "../../../extension/commands/connect-choices.ts";
import { gatewayCall } from "../../../extension/commands/gateway-call.ts";
import { statusText } from "../../../extension/status-bar/status-text.ts";
import { tooltipMarkdown } from "../../../extension/status-bar/tooltip.ts";
import { plainLabel, plainLines, plainSentence } from "../../../extension/ui/plain-text.ts";
import type { PickOptions } from "../../../extension/ui/prompts.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { MAIN, openWindow } from "./chat-window.ts";
import { connectedState, failedWith, linkView, scriptedPrompts } from "./fakes.ts";

const t = translator("en");
const LINK = "[Sign in](command:workbench.action.terminal.new)";
const TEN_MB = "x".repeat(10_000_000);

describe("words of a Gateway or a host, shown by VS Code", () => {
  // As VS Code's own `parseLinkedText` finds them in notifications, prompts and validation messages.
  const LINKED = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

  it("never become a link that runs a command", () => {
    expect(LINKED.test(LINK)).toBe(true);
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        for (const text of [before + LINK + after, before + LINK.replace("](", `]${after}(`)]) {
          expect(plainSentence(text)).not.toMatch(LINKED);
          expect(plainLines(text)).not.toMatch(LINKED);
        }
      }),
    );
  });

  it("never become an icon of ours, an invisible turn of the line, or a wall of text", () => {
    expect(plainLabel("$(verified) real\u202egnp.exe\nnext")).toBe("(verified) real gnp.exe next");
    expect(plainLines("one\u202e\ntwo")).toBe("one \ntwo");
    for (const say of [plainSentence, plainLines, plainLabel]) expect(say(TEN_MB).length).toBeLessThanOrEqual(4_000);
    expect(clip("👩‍👩‍👧", 10)).toBe("👩‍👩‍👧");
  });

  it("cannot put an icon or a long text into the status bar", () => {
    const facts = [{ label: "host", value: `$(verified) ${TEN_MB}` }] as const;
    const view = linkView(failedWith(new ConnectError("TCP_REFUSED", "x", { facts })));
    const { text } = statusText(view, 0, t);
    expect(text.match(/\$\(/g)).toHaveLength(1);
    expect(text.length).toBeLessThan(120);
  });

  it("cannot leave their place in the tooltip, which may run commands of ours", () => {
    const version = `1</code></td></tr></table>\n\n${LINK}\n\n<img src=x>`;
    const server = { ...connectedState.server, version };
    const path = `ssh a → b\n\n${LINK}\u202e`;
    const shown = tooltipMarkdown(linkView({ ...connectedState, server }, { path }), 0, t);
    const table = shown.split("\n\n").find((part) => part.startsWith("<table>")) ?? "";
    expect(table.endsWith("</table>")).toBe(true);
    expect(table).toContain("command:workbench");
    expect(shown.split(table).join("")).not.toContain("command:workbench");
    expect(shown).not.toContain("<img");
    expect(shown).not.toContain("\u202e");
    const huge = tooltipMarkdown(linkView({ ...connectedState, server: { ...server, version: TEN_MB } }), 0, t);
    expect(huge.length).toBeLessThan(10_000);
    const facts = [{ label: "detail", value: `${LINK}\n\n${LINK}` }] as const;
    const failed = tooltipMarkdown(linkView(failedWith(new ConnectError("LINK_LOST", "x", { facts }))), 0, t);
    expect(failed).not.toContain("](command:workbench");
  });

  it("are plain rows of the lists that a person chooses from", async () => {
    const saved = [{ name: "$(verified) bank", target: { kind: "ssh", destination: "a$(x)" }, lastUsedAt: 1 }] as const;
    const choices = connectChoices(
      { saved, sshHosts: [{ alias: "$(zap)", forwards: ["$(key) 1", "\u202e$(x)"] }], view: linkView(connectedState) },
      t,
    );
    const labels = choices.flatMap((choice) => ("label" in choice ? [choice.label, choice.description ?? ""] : []));
    expect(labels.every((label) => (label.match(/\$\(/g) ?? []).length <= 1)).toBe(true);
    expect(labels.join()).not.toMatch(/verified\)? *bank.*\$\(verified/);

    const methods = Array.from({ length: 100_000 }, (_, n) => `$(trash) m${n}\u202e`);
    let rows = 0;
    const prompts = {
      ...scriptedPrompts(),
      pick: async <T>({ items }: PickOptions<T>) => {
        rows = items.length;
        expect(items.every((item) => !("label" in item) || !/\$\(|\u202e/.test(item.label))).toBe(true);
        return undefined;
      },
    };
    const state = { ...connectedState, server: { ...connectedState.server, methods } };
    await gatewayCall({
      prompts,
      link: { view: linkView(state), request: async () => undefined as never },
      documents: { showUntitled: async () => undefined },
      progress: (_title, work) => work(new AbortController().signal),
      t,
    });
    expect(rows).toBe(2_000);
  });
});

describe("a Gateway that floods", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const connected = linkView(connectedState);

  async function flooded() {
    const window = openWindow();
    const panel = window.openPanel();
    window.change(connected);
    panel.say({ type: "ready" });
    await vi.advanceTimersByTimeAsync(50);
    panel.posted.length = 0;
    window.requests.length = 0;
    return { ...window, ...panel };
  }

  it("with sessions is shown 500 of them, with titles that fit a row", async () => {
    const { events, last, answers, change } = await flooded();
    answers["sessions.list"] = {
      sessions: Array.from({ length: 100_000 }, (_, n) => ({
        key: `agent:main:${n}`,
        label: n === 0 ? TEN_MB : `${n}\u202e\n${"long ".repeat(90)}`,
      })),
    };
    change(connected);
    await vi.advanceTimersByTimeAsync(50);
    const shown = last("state")?.sessions ?? [];
    expect(shown.length).toBeLessThanOrEqual(501);
    expect(shown.every(({ title }) => title.length <= 200 && !/[\u202e\n]/.test(title))).toBe(true);
    for (let n = 0; n < 2_000; n++)
      events.fire({ event: "sessions.changed", payload: { session: { key: `agent:main:e${n}`, updatedAt: n } } });
    await vi.advanceTimersByTimeAsync(50);
    expect(last("state")?.sessions.length).toBeLessThanOrEqual(501);
  });

  it("with changes costs one state a frame and four reads a second", async () => {
    const { events, requests, posted } = await flooded();
    for (let n = 0; n < 10_000; n++) events.fire({ event: "sessions.changed", payload: { reason: "x" } });
    for (let n = 0; n < 10_000; n++)
      events.fire({ event: "sessions.changed", payload: { session: { key: MAIN, updatedAt: n } } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests.filter(({ method }) => method === "sessions.list").length).toBeLessThanOrEqual(4);
    expect(posted.filter(({ type }) => type === "state").length).toBeLessThanOrEqual(8);
  });

  it("with nonsense is ignored, and the panel goes on", async () => {
    const { events, last, say } = await flooded();
    const odd = [null, 1, "x", [], { session: null }, { session: { key: TEN_MB } }, { session: { key: "" } }];
    for (const payload of odd) events.fire({ event: "sessions.changed", payload });
    fc.assert(
      fc.property(fc.string(), fc.anything(), (event, payload) => {
        expect(() => events.fire({ event, payload })).not.toThrow();
      }),
    );
    await vi.advanceTimersByTimeAsync(500);
    say({ type: "ready" });
    expect(last("state")?.sessions.every(({ key }) => key !== "" && key.length <= 512)).toBe(true);
    expect(last("state")?.sessionKey).toBe(MAIN);
  });

  it("with a main session whose key has no end gets no session of ours", async () => {
    const window = openWindow();
    const { say, last } = window.openPanel();
    const server = { ...connectedState.server, mainSessionKey: TEN_MB };
    window.change(linkView({ ...connectedState, server }));
    say({ type: "ready" });
    await vi.advanceTimersByTimeAsync(50);
    expect(last("state")?.sessionKey).toBe("");
  });
});
