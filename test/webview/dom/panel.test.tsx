import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunItem } from "../../../protocol/chat/transcript.ts";
import { climb, emptyLadder } from "../../../protocol/ladder/steps.ts";
import { PanelInDom } from "./panel-in-dom.tsx";

let panel: PanelInDom;
beforeEach(() => {
  panel = new PanelInDom();
});
afterEach(() => {
  panel.leave();
});

const run: RunItem = {
  kind: "run",
  id: "r",
  runId: "r",
  steps: [],
  text: "Answer.",
  status: "done",
  startedAt: 0,
  endedAt: 14_000,
};
const failure = {
  code: "TCP_REFUSED",
  step: "tcp",
  message: "connect ECONNREFUSED 10.0.0.1:22",
  facts: [
    { label: "host", value: "home" },
    { label: "port", value: "22" },
  ],
  actions: ["retry", "edit-target"],
} as const;
const broken = climb(climb(emptyLadder, { type: "passed", step: "resolve", at: 0 }), {
  type: "failed",
  step: "tcp",
  at: 5,
});

describe("the connection", () => {
  it("offers Connect when there is none", async () => {
    await panel.state({ connection: { phase: "disconnected", hasSaved: false } });
    expect(panel.text).toContain("Connect to your OpenClaw");
    await panel.click("Connect…");
    expect(panel.take("connect")).toHaveLength(1);
  });

  it("shows whom it waits for at pairing, and the two ways to approve it", async () => {
    const ladder = climb(climb(emptyLadder, { type: "passed", step: "resolve", at: 12 }), {
      type: "started",
      step: "pairing",
      at: 12,
    });
    const approval = {
      requestId: "r-1",
      device: "VS Code\u202e, ab12",
      scopes: ["operator.read", "operator.admin"],
      command: "openclaw devices approve r-1",
      overSsh: true,
      isApproving: false,
    };
    const connection = { phase: "connecting", target: "home", ladder } as const;
    await panel.show([], { connection: { phase: "connected" } });
    await panel.state({ connection: { ...connection, approval } });
    expect(panel.find("h1").textContent).toBe("home asks to pair this device");
    expect(panel.find(".facts").textContent).toContain("read, admin");
    expect(panel.text).not.toContain("\u202e");
    await panel.click("Copy command");
    expect(panel.take("copy")).toEqual([{ type: "copy", text: "openclaw devices approve r-1" }]);
    await panel.click("Approve over SSH");
    expect(panel.take("approveDevice")).toHaveLength(1);
    await panel.state({ connection: { ...connection, approval: { ...approval, isApproving: true } } });
    expect(panel.named("Approve over SSH").hasAttribute("disabled")).toBe(true);
    await panel.state({ connection: { ...connection, approval: { ...approval, overSsh: false } } });
    expect(panel.text).not.toContain("Approve over SSH");
  });

  it("shows nothing of the Gateway before when another one is connected to", async () => {
    await panel.show([{ kind: "question", id: "q", text: "A secret of home", at: 0, delivery: "sent" }]);
    const connection = { phase: "connecting", target: "other", ladder: emptyLadder } as const;
    await panel.state({ gateway: "ssh:other", connection });
    expect(panel.find("h1").textContent).toBe("Connecting to other");
    await panel.state({ gateway: "ssh:other" });
    expect(panel.text).not.toContain("A secret of home");
  });

  it("shows each step of the ladder while it is climbed, and can be cancelled", async () => {
    const ladder = climb(climb(emptyLadder, { type: "passed", step: "resolve", at: 12, evidence: "10.0.0.1" }), {
      type: "started",
      step: "tcp",
      at: 12,
    });
    await panel.state({ connection: { phase: "connecting", target: "home", ladder } });
    expect(panel.find("h1").textContent).toBe("Connecting to home");
    expect(panel.text).toContain("step 2 of 11");
    expect(panel.all(".step")).toHaveLength(11);
    await panel.click("Cancel");
    expect(panel.take("cancelConnect")).toHaveLength(1);
  });

  it("leaves out the steps that a road does not have", async () => {
    const ladder = climb(climb(emptyLadder, { type: "skipped", step: "host-key", at: 0 }), {
      type: "skipped",
      step: "ssh-auth",
      at: 0,
    });
    await panel.state({ connection: { phase: "connecting", target: "home", ladder } });
    expect(panel.all(".step")).toHaveLength(9);
  });

  it("says what failed, why, and offers at most two ways on and the details", async () => {
    await panel.state({ connection: { phase: "failed", target: "home", failure, ladder: broken } });
    expect(panel.find("[role=alert]").textContent).toContain("22");
    expect(panel.text).toContain("Stopped at step 2 of 11. Nothing was sent.");
    expect(panel.text).toContain("9 steps not reached");
    expect(panel.text).not.toMatch(/\{\w+\}/);
    await panel.click("Try again");
    await panel.click("Copy details, redacted");
    expect(panel.posted.slice(-2)).toEqual([{ type: "errorAction", action: "retry" }, { type: "copyDetails" }]);
  });

  it("keeps the chat in sight while the connection comes back, with a countdown and Try now", async () => {
    await panel.show([run]);
    const retryAt = Date.now() + 4_000;
    await panel.state({ connection: { phase: "waiting", failure, attempt: 3, retryAt, ladder: broken } });
    expect(panel.text).toContain("Answer.");
    expect(panel.find(".strip").textContent).toMatch(/Reconnecting in [34] s attempt 3/);
    await panel.click("Try now");
    expect(panel.take("retryNow")).toHaveLength(1);
    await panel.state({ connection: { phase: "connecting", target: "home", ladder: emptyLadder } });
    expect(panel.text).toContain("Answer.");
  });

  it("speaks Chinese", async () => {
    await panel.state({ locale: "zh-cn", connection: { phase: "disconnected", hasSaved: false } });
    expect(panel.text).toContain("连接你的 OpenClaw");
    expect(document.documentElement.lang).toBe("zh-CN");
  });
});

describe("a conversation", () => {
  it("folds a finished run to one line and keeps a failed step in sight", async () => {
    const steps = [
      { id: "1", tool: "exec", args: '{"command":"make"}', status: "ok", startedAt: 0, ms: 10 },
      { id: "2", tool: "read", args: '{"path":"a.ts"}', result: "no such file", status: "error", startedAt: 0, ms: 10 },
    ] as const;
    await panel.show([{ ...run, steps }]);
    expect(panel.find(".runsum").textContent).toBe("Worked for 14 s, 2 steps");
    expect(panel.all(".step").map((step) => step.textContent)).toEqual(["Could not read a.ts0.0 s"]);
  });

  it("shows what a terminal would act upon in a command as escapes", async () => {
    const args = JSON.stringify({ command: "echo \u202Etxt.exe \u001b[31m" });
    await panel.show([
      { ...run, status: "streaming", steps: [{ id: "1", tool: "exec", args, status: "running", startedAt: 0 }] },
    ]);
    expect(panel.find(".step .mono").textContent).toBe("echo \\u{202e}txt.exe \\u{001b}[31m");
  });

  it("shows the text as it grows, then what it took", async () => {
    await panel.show([{ ...run, text: "One", status: "streaming", startedAt: Date.now() }], { running: true });
    expect(panel.all(".caret")).toHaveLength(1);
    await panel.transcript({ type: "append", id: "r", text: " two" });
    expect(panel.find(".prose").textContent).toBe("One two");
    await panel.transcript({ type: "upsert", item: { ...run, text: "One two.", totalTokens: 3_100, costUsd: 0.02 } });
    expect(panel.all(".caret")).toHaveLength(0);
    expect(panel.find(".foot").textContent).toMatch(/^\d\d:\d\d · 3\.1k tokens · \$0\.02$/);
  });

  it("says where a question stands until it is sent", async () => {
    await panel.show([
      { kind: "question", id: "a", text: "A", at: new Date(2026, 1, 1, 14, 13).getTime(), delivery: "waiting" },
      { kind: "question", id: "b", text: "B", at: 0, delivery: "queued" },
      { kind: "question", id: "c", text: "C", at: 0, delivery: "failed", error: "too long" },
      { kind: "question", id: "d", text: "D", at: 0, delivery: "sent" },
    ]);
    const states = panel.all(".ask").map((ask) => ask.querySelector(".state")?.textContent);
    expect(states).toEqual([
      "Waiting. Sent 14:13, not yet confirmed.",
      "Queued. Goes out when this run ends.Remove",
      "Not sent. too longSend againRemove",
      undefined,
    ]);
    await panel.click("Send again");
    expect(panel.take("send")).toEqual([{ type: "send", clientId: "c", text: "C" }]);
  });

  it("asks again what was asked when an answer is retried", async () => {
    await panel.show([{ kind: "question", id: "q", text: "Why?", at: 0, delivery: "sent" }, run]);
    await panel.click("Retry");
    expect(panel.take("send")).toMatchObject([{ text: "Why?" }]);
  });

  it("gives code to the host, never to the page, and opens links by a message", async () => {
    await panel.show([{ ...run, text: "```ts\nlet a = 1;\n```\n\n[docs](https://example.org/a)" }]);
    await panel.click("Insert at cursor");
    await panel.click("New file");
    await act(() => panel.find("[data-href]").click());
    expect(panel.posted.slice(-3)).toEqual([
      { type: "insertAtCursor", text: "let a = 1;" },
      { type: "newFile", text: "let a = 1;", language: "ts" },
      { type: "openLink", href: "https://example.org/a" },
    ]);
  });

  it("draws only the rows near the viewport", async () => {
    const items = Array.from({ length: 5_000 }, (_, n): RunItem => ({ ...run, id: `r${n}`, text: `Answer ${n}.` }));
    await panel.show(items);
    expect(panel.all("article").length).toBeLessThan(60);
    expect(panel.text).toContain("Answer 4999.");
  });

  it("asks for earlier messages once", async () => {
    await panel.state();
    await panel.transcript({ type: "reset", items: [run], hasEarlier: true });
    await panel.click("Load earlier messages");
    await panel.click("Loading earlier messages");
    expect(panel.take("loadEarlier")).toHaveLength(1);
    await panel.transcript({ type: "prepend", items: [{ ...run, id: "r0", text: "Before." }], hasEarlier: false });
    expect(panel.text).toContain("Before.");
    expect(panel.text).not.toContain("earlier messages");
  });

  it("does not show what still arrives for a session that was left", async () => {
    await panel.show([run]);
    await panel.state({ sessionKey: "old" });
    expect(panel.text).not.toContain("Answer.");
    await panel.transcript({ type: "upsert", item: { ...run, id: "late", text: "Late." } }, "main");
    await panel.transcript({ type: "reset", items: [{ ...run, text: "Other." }], hasEarlier: false }, "old");
    expect(panel.text).toContain("Other.");
    expect(panel.text).not.toContain("Late.");
  });
});

describe("the session switcher", () => {
  it("finds a session by typing and opens it with Enter", async () => {
    await panel.show([]);
    await panel.click("Sessions, current: Main");
    const input = panel.field("[role=combobox]");
    await act(() => {
      input.value = "older";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(panel.all("[role=option]")).toHaveLength(1);
    await panel.press("[role=combobox]", "Enter");
    expect(panel.take("selectSession")).toEqual([{ type: "selectSession", key: "older" }]);
    expect(panel.all("[role=dialog]")).toHaveLength(0);
  });

  it("closes with Escape without stopping the run", async () => {
    await panel.show([], { running: true });
    await panel.click("Sessions, current: Main");
    await panel.press("[role=combobox]", "Escape");
    expect(panel.all("[role=dialog]")).toHaveLength(0);
    expect(panel.take("stop")).toEqual([]);
  });

  it("goes to the next unread session, and to the neighbours with Alt and an arrow", async () => {
    await panel.show([]);
    await panel.click("1 unread, go to the next");
    await panel.press("textarea", "ArrowDown", { altKey: true });
    expect(panel.take("selectSession").map(({ key }) => key)).toEqual(["old", "old"]);
  });

  it("says when nothing matches", async () => {
    await panel.show([]);
    await panel.click("Sessions, current: Main");
    const input = panel.field("[role=combobox]");
    await act(() => {
      input.value = "zzz";
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(panel.text).toContain('No session matches "zzz".');
  });
});
