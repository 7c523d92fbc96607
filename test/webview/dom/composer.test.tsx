import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PanelInDom } from "./panel-in-dom.tsx";

let panel: PanelInDom;
const field = (): { readonly value: string } => panel.field("textarea");

beforeEach(async () => {
  panel = new PanelInDom();
  await panel.show([
    { kind: "question", id: "q1", text: "first", at: 1, delivery: "sent" },
    { kind: "question", id: "q2", text: "second", at: 2, delivery: "sent" },
  ]);
});

afterEach(() => {
  panel.leave();
  vi.useRealTimers();
});

it("sends on Enter and keeps the text until the host has taken it", async () => {
  await panel.type(" hello ");
  await panel.press("textarea", "Enter");
  const [sent] = panel.take("send");
  expect(sent?.text).toBe("hello");
  expect(field().value).toBe(" hello ");
  await panel.accepted(sent?.clientId ?? "");
  expect(field().value).toBe("");
});

it("sends the same message once more under the same id, so that two Enters are one message", async () => {
  await panel.type("hello");
  await panel.press("textarea", "Enter");
  await panel.press("textarea", "Enter");
  const [one, two] = panel.take("send");
  expect(two?.clientId).toBe(one?.clientId);
});

it("keeps what was typed while the host was taking the message", async () => {
  await panel.type("hello");
  await panel.press("textarea", "Enter");
  await panel.type("hello and more");
  await panel.accepted(panel.take("send")[0]?.clientId ?? "");
  expect(field().value).toBe(" and more");
});

it("makes a line with Shift+Enter", async () => {
  await panel.type("hello");
  const event = await panel.press("textarea", "Enter", { shiftKey: true });
  expect(event.defaultPrevented).toBe(false);
  expect(panel.take("send")).toEqual([]);
});

it("leaves the Enter that ends a composition to the input method", async () => {
  await panel.type("nihao");
  await panel.press("textarea", "Enter", { isComposing: true });
  await panel.press("textarea", "Enter", { keyCode: 229 });
  expect(panel.take("send")).toEqual([]);
});

it("does not send blanks", async () => {
  await panel.type("  \n ");
  await panel.press("textarea", "Enter");
  expect(panel.take("send")).toEqual([]);
  expect(panel.named("Send").hasAttribute("disabled")).toBe(true);
});

it("stops the run with Escape only when nothing is typed", async () => {
  await panel.state({ running: true });
  await panel.type("wait");
  await panel.press("textarea", "Escape");
  expect(panel.take("stop")).toEqual([]);
  await panel.type("");
  await panel.press("textarea", "Escape");
  expect(panel.take("stop")).toHaveLength(1);
});

it("shows Stop alone while a run goes, and the queue beside it once something is typed", async () => {
  await panel.state({ running: true });
  expect(panel.all(".send").map((button) => button.getAttribute("aria-label"))).toEqual(["Stop"]);
  await panel.type("next");
  expect(panel.all(".send").map((button) => button.getAttribute("aria-label"))).toEqual(["Stop", "Add to queue"]);
});

it("walks back through the questions with ↑ in an empty field and forward with ↓", async () => {
  await panel.press("textarea", "ArrowUp");
  expect(field().value).toBe("second");
  await panel.press("textarea", "ArrowUp");
  expect(field().value).toBe("first");
  await panel.press("textarea", "ArrowUp");
  expect(field().value).toBe("first");
  await panel.press("textarea", "ArrowDown");
  await panel.press("textarea", "ArrowDown");
  expect(field().value).toBe("");
});

it("leaves ↑ to the caret when something else is typed", async () => {
  await panel.type("mine");
  const event = await panel.press("textarea", "ArrowUp");
  expect(event.defaultPrevented).toBe(false);
  expect(field().value).toBe("mine");
});

it("tells the host the draft once typing rests", async () => {
  vi.useFakeTimers();
  await panel.type("a");
  await panel.type("ab");
  expect(panel.take("draft")).toEqual([]);
  vi.advanceTimersByTime(400);
  expect(panel.take("draft").map(({ text }) => text)).toEqual(["ab"]);
});

it("tells the host the draft at once when the panel goes away", async () => {
  await panel.type("half a thought");
  panel.leave();
  expect(panel.take("draft").map(({ text }) => text)).toEqual(["half a thought"]);
});

it("tells the host the draft before another session is opened", async () => {
  await panel.type("for this one");
  await panel.press("textarea", "ArrowDown", { altKey: true });
  expect(panel.posted.slice(-2)).toMatchObject([{ type: "draft", text: "for this one" }, { type: "selectSession" }]);
});

it("shows the draft of the session that is opened, and does not overwrite typing with an old one", async () => {
  await panel.type("typing");
  await panel.state({ draft: "typ" });
  expect(field().value).toBe("typing");
  await panel.state({ sessionKey: "old", draft: "kept" });
  expect(field().value).toBe("kept");
});

it("puts text of the host at the end of what is typed", async () => {
  await panel.type("look at");
  await panel.insertText("@file.ts");
  expect(field().value).toBe("look at\n@file.ts");
});
