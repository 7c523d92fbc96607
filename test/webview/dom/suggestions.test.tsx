import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { act } from "preact/test-utils";
import { PanelInDom } from "./panel-in-dom.tsx";

let panel: PanelInDom;
const field = () => panel.field("textarea");
const rows = () => panel.all("[role=option]").map((row) => row.textContent);
const active = () => panel.all("[role=option][aria-selected=true]").map((row) => row.textContent);

beforeEach(async () => {
  panel = new PanelInDom();
  await panel.show([]);
  await panel.receive({
    type: "commands",
    commands: [
      { name: "/model", description: "Choose a model.", acceptsArgs: true },
      { name: "/stop", description: "Stop the answer.", acceptsArgs: false },
    ],
  });
});
afterEach(() => panel.leave());

describe("a slash at the beginning", () => {
  it("shows the Gateway's commands, filtered while typing, and tells a screen reader which is chosen", async () => {
    expect(rows()).toEqual([]);
    await panel.type("/");
    expect(rows()).toEqual(["/modelChoose a model.", "/stopStop the answer."]);
    await panel.press("textarea", "ArrowDown");
    expect(active()).toEqual(["/stopStop the answer."]);
    expect(panel.find(`#${field().getAttribute("aria-activedescendant") ?? ""}`).textContent).toContain("/stop");
    await panel.type("/mo");
    expect(active()).toEqual(["/modelChoose a model."]);
    await panel.type("/model x");
    expect(rows()).toEqual([]);
    expect(field().hasAttribute("aria-activedescendant")).toBe(false);
  });

  it("completes a command that takes words, and sends one that takes none", async () => {
    await panel.type("/m");
    await panel.press("textarea", "Enter");
    expect(field().value).toBe("/model ");
    expect(panel.take("send")).toEqual([]);
    await panel.type("/st");
    await panel.press("textarea", "Enter");
    expect(panel.take("send").map(({ text }) => text)).toEqual(["/stop"]);
  });

  it("sends a command that was typed whole, completes with Tab, and leaves with Escape", async () => {
    await panel.type("/model");
    await panel.press("textarea", "Enter");
    expect(panel.take("send").map(({ text }) => text)).toEqual(["/model"]);
    await panel.type("/s");
    await panel.press("textarea", "Tab");
    expect(field().value).toBe("/stop ");
    await panel.type("/s");
    await panel.press("textarea", "Escape");
    expect(rows()).toEqual([]);
    await panel.press("textarea", "Enter");
    expect(panel.take("send").map(({ text }) => text)).toEqual(["/s"]);
  });

  it("is a question like any other when no command fits", async () => {
    await panel.type("/nothing");
    expect(rows()).toEqual([]);
    await panel.press("textarea", "Enter");
    expect(panel.take("send").map(({ text }) => text)).toEqual(["/nothing"]);
  });

  it("never shows characters that would change what is read", async () => {
    await panel.receive({ type: "commands", commands: [{ name: "/a", description: "x\u202ey", acceptsArgs: false }] });
    await panel.type("/");
    expect(panel.text).not.toContain("\u202e");
  });
});

describe("an at sign", () => {
  const offer = (query: string) =>
    panel.receive({
      type: "mentions",
      query,
      options: [
        { id: "selection", kind: "selection", label: "src/out.ts:4-9" },
        { id: "problems", kind: "problems", label: "3" },
        { id: "file:///w/src/a.ts", kind: "file", label: "src/a.ts" },
      ],
    });

  it("asks the editor what is there, drops late answers, and puts the text of the choice below", async () => {
    await panel.type("fix @");
    expect(panel.take("findMentions")).toEqual([{ type: "findMentions", query: "" }]);
    await offer("");
    expect(rows()).toEqual(["out.ts:4-9Selection", "3 problems", "a.tssrc"]);
    await panel.type("fix @src");
    expect(panel.take("findMentions")).toEqual([{ type: "findMentions", query: "src" }]);
    await panel.type("other");
    await offer("src");
    expect(rows()).toEqual([]);
    await panel.type("fix @a");
    await offer("a");
    await panel.press("textarea", "ArrowUp");
    await panel.press("textarea", "Enter");
    expect(panel.take("pickMention")).toEqual([{ type: "pickMention", id: "file:///w/src/a.ts" }]);
    expect(rows()).toEqual([]);
    const mention = { id: "file:///w/src/a.ts", reference: "@src/a.ts", excerpt: "```ts src/a.ts\nx\n```" };
    await panel.receive({ type: "mention", ...mention });
    expect(field().value).toBe("fix @src/a.ts \n\n```ts src/a.ts\nx\n```\n");
    expect(field().selectionStart).toBe("fix @src/a.ts ".length);
    await panel.receive({ type: "mention", ...mention });
    expect(field().value.match(/```ts/g)).toHaveLength(1);
  });
});

describe("the model", () => {
  const models = ["stub-1", "stub-2"].map((id) => ({
    ref: `stub/${id}`,
    name: id,
    provider: "stub",
    contextTokens: 128_000,
    isAvailable: id !== "stub-3",
  }));

  it("is a name as long as there is nothing to choose, or nothing may be chosen", async () => {
    expect(panel.all(".bar [aria-haspopup=menu]")).toEqual([]);
    await panel.receive({ type: "models", models });
    expect(panel.all(".bar [aria-haspopup=menu]")).toHaveLength(1);
    await panel.state({ sessionActions: [] });
    expect(panel.all(".bar [aria-haspopup=menu]")).toEqual([]);
  });

  it("is chosen from a menu by keyboard, which gives the focus back", async () => {
    await panel.receive({ type: "models", models });
    await panel.click("Model: stub-1");
    expect(document.activeElement?.textContent).toContain("stub-1");
    await panel.press("[role=menu]", "ArrowDown");
    expect(document.activeElement?.textContent).toContain("stub-2");
    await act(() => (document.activeElement as HTMLElement).click());
    expect(panel.take("chooseModel")).toEqual([{ type: "chooseModel", model: "stub/stub-2" }]);
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Model: stub-1");
    await panel.click("Model: stub-1");
    await panel.press("[role=menu]", "Escape");
    expect(panel.all("[role=menu]")).toEqual([]);
  });
});

describe("the session switcher", () => {
  it("renames with F2, archives with Del and deletes with Shift+Del, but never the main session", async () => {
    await panel.click("Sessions, current: Main");
    await panel.press(".sessions input", "Delete");
    expect(panel.take("archiveSession")).toEqual([]);
    await panel.press(".sessions input", "ArrowDown");
    await panel.press(".sessions input", "Delete");
    expect(panel.take("archiveSession")).toEqual([{ type: "archiveSession", key: "old" }]);
    await panel.press(".sessions input", "Delete", { shiftKey: true });
    expect(panel.take("deleteSession")).toEqual([{ type: "deleteSession", key: "old" }]);
    await panel.click("Sessions, current: Main");
    await panel.press(".sessions input", "F2");
    expect(panel.take("renameSession")).toEqual([{ type: "renameSession", key: "main" }]);
  });

  it("leaves Del to the search while something is typed, and offers nothing that the Gateway does not let us", async () => {
    await panel.state({ sessionActions: [] });
    await panel.click("Sessions, current: Main");
    expect(panel.text).not.toContain("archive");
    await panel.press(".sessions input", "ArrowDown");
    const event = await panel.press(".sessions input", "Delete");
    expect(panel.take("archiveSession")).toEqual([]);
    expect(event.defaultPrevented).toBe(true);
  });
});

it("takes back a question that waits or was refused", async () => {
  await panel.show([{ kind: "question", id: "q", text: "Later", at: 0, delivery: "queued" }]);
  await panel.click("Remove");
  expect(panel.take("discard")).toEqual([{ type: "discard", id: "q" }]);
});

it("says where the new begins", async () => {
  const at = new Date(2026, 10, 20, 12, 40).getTime();
  const items = [1, 2, 3].map(
    (n) => ({ kind: "question", id: `q${n}`, text: `${n}`, at: at + (n - 1) * 1_000, delivery: "sent" }) as const,
  );
  await panel.show(items, { unreadSince: at });
  expect(panel.all(".since").map((line) => line.textContent)).toEqual([expect.stringMatching(/^2 new since /)]);
  expect(panel.find(".since").closest("article")?.dataset["id"]).toBe("q2");
});
