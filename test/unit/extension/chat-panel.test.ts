import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAIN, openWindow } from "./chat-window.ts";
import { toFailure } from "../../../protocol/errors/failure.ts";
import { type Answer, CLOUD, connectedState, linkView, memory, scriptedPrompts } from "./fakes.ts";

const LOST = toFailure(new Error("gone"));
const settle = () => vi.advanceTimersByTimeAsync(50);
const connected = linkView(connectedState);

describe("a chat panel", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says nothing to a page that is not ready, and everything to one that is", async () => {
    const { change, openPanel } = openWindow();
    const { posted, say, last } = openPanel();
    change(connected);
    await settle();
    expect(posted).toEqual([]);
    say({ type: "ready" });
    expect(last("state")).toMatchObject({
      connection: { phase: "connected" },
      gatewayName: "home-server",
      sessionKey: MAIN,
      model: "stub-1",
    });
    expect(last("transcript")).toMatchObject({ sessionKey: MAIN, patch: { type: "reset" } });
  });

  it("keeps what is shown when VS Code drops the page and makes a new one", async () => {
    const { change, openPanel, answers } = openWindow();
    answers["chat.send"] = new Promise(() => undefined);
    const { say, last, posted } = openPanel();
    change(connected);
    say({ type: "ready" });
    say({ type: "send", clientId: "c1", text: "hello" });
    await settle();
    posted.length = 0;
    say({ type: "ready" });
    const patch = last("transcript")?.patch;
    expect(patch?.type === "reset" && patch.items.map((item) => item.kind === "question" && item.text)).toContain(
      "hello",
    );
  });

  it("takes a question over, clears the draft and sends it", async () => {
    const { change, openPanel, requests } = openWindow();
    const { say, last } = openPanel();
    change(connected);
    say({ type: "ready" });
    say({ type: "draft", text: "hel" });
    say({ type: "send", clientId: "c1", text: "hello" });
    await settle();
    expect(last("accepted")).toEqual({ type: "accepted", clientId: "c1" });
    expect(requests.find(({ method }) => method === "chat.send")?.params).toMatchObject({
      sessionKey: MAIN,
      message: "hello",
    });
    say({ type: "ready" });
    expect(last("state")?.draft).toBe("");
  });

  it("brings session, draft and unsent questions back after a reload of the window", async () => {
    const windowMemory = memory();
    const before = openWindow(windowMemory);
    const panel = before.openPanel();
    before.change(connected);
    panel.say({ type: "ready" });
    panel.say({ type: "selectSession", key: "agent:main:other" });
    before.change(linkView({ phase: "disconnected", generation: 2 }));
    panel.say({ type: "send", clientId: "c", text: "not sent yet" });
    panel.say({ type: "draft", text: "half a thought" });
    await settle();

    const after = openWindow(windowMemory);
    const { say, last } = after.openPanel();
    after.change(linkView({ phase: "disconnected", generation: 0 }));
    say({ type: "ready" });
    expect(last("state")).toMatchObject({ sessionKey: "agent:main:other", draft: "half a thought" });
    const patch = last("transcript")?.patch;
    expect(patch?.type === "reset" && patch.items).toMatchObject([{ kind: "question", text: "not sent yet" }]);
    after.change(connected);
    await settle();
    expect(after.requests.filter(({ method }) => method === "chat.send")).toHaveLength(1);
  });

  it("shares a thread with another panel on the same session: one question is sent once", async () => {
    const { change, openPanel, requests, answers } = openWindow();
    answers["chat.send"] = new Promise(() => undefined);
    const [one, two] = [openPanel(), openPanel()];
    change(connected);
    one.say({ type: "ready" });
    two.say({ type: "ready" });
    one.say({ type: "send", clientId: "c", text: "hello" });
    await settle();
    expect(requests.filter(({ method }) => method === "chat.send")).toHaveLength(1);
    expect(JSON.stringify(two.posted)).toContain("hello");
  });

  it("starts a new session that exists from its first question on, and shows it among the others", async () => {
    const { change, openPanel } = openWindow();
    const { panel, say, last } = openPanel();
    change(connected);
    say({ type: "ready" });
    panel.newSession();
    await settle();
    const state = last("state");
    expect(state?.sessionKey).toMatch(/^agent:main:vscode-/);
    expect(state?.sessions[0]).toMatchObject({ key: state?.sessionKey, title: "New chat" });
    expect(last("focusComposer")).toBeDefined();
  });

  it("shows nothing of one Gateway on another", async () => {
    const { change, openPanel, requests, answers } = openWindow();
    answers["chat.send"] = new Promise(() => undefined);
    const { say, last } = openPanel();
    change(connected);
    say({ type: "ready" });
    say({ type: "send", clientId: "c", text: "for home only" });
    await settle();
    change(linkView(connectedState, { profile: CLOUD }));
    await settle();
    expect(JSON.stringify(last("transcript"))).not.toContain("for home only");
    expect(requests.filter(({ method }) => method === "chat.send")).toHaveLength(1);
  });

  it("drops what no page of ours would say", () => {
    const { openPanel, actions } = openWindow();
    const { say } = openPanel();
    say({ type: "openLink" });
    say("openLink");
    expect(actions.openLink).not.toHaveBeenCalled();
    say({ type: "openLink", href: "https://a.example/" });
    expect(actions.openLink).toHaveBeenCalledWith("https://a.example/");
  });
});

describe("the list of sessions", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("follows what the Gateway says, newest first, and keeps a title that an event leaves out", async () => {
    const { change, openPanel, events, answers } = openWindow();
    answers["sessions.list"] = {
      sessions: [
        { key: "agent:main:a", derivedTitle: "First", updatedAt: 1 },
        { key: "agent:main:b", label: "Second", updatedAt: 2, unread: true },
        { key: "agent:main:old", updatedAt: 3, archived: true },
        { noKey: true },
      ],
    };
    const { say, last } = openPanel();
    change(connected);
    say({ type: "ready" });
    await settle();
    const titles = () => last("state")?.sessions.map(({ title }) => title);
    expect(titles()).toEqual(["Main session", "Second", "First"]);
    events.fire({
      event: "sessions.changed",
      payload: { session: { key: "agent:main:a", updatedAt: 9, hasActiveRun: true } },
    });
    await settle();
    expect(titles()).toEqual(["Main session", "First", "Second"]);
    expect(last("state")?.sessions[1]).toMatchObject({ running: true });
  });

  it("marks a session read while it is on screen, and unread again when something new comes", async () => {
    const { change, openPanel, events, answers } = openWindow();
    const row = { key: "agent:main:b", label: "B", updatedAt: 2, unread: true };
    answers["sessions.list"] = { sessions: [row] };
    const { say, last } = openPanel();
    change(connected);
    say({ type: "ready" });
    await settle();
    const unread = () => last("state")?.sessions.find(({ key }) => key === row.key)?.unread;
    expect(unread()).toBe(true);
    say({ type: "selectSession", key: row.key });
    expect(unread()).toBe(false);
    say({ type: "selectSession", key: MAIN });
    expect(unread()).toBe(false);
    events.fire({ event: "sessions.changed", payload: { session: { ...row, updatedAt: 3 } } });
    await settle();
    expect(unread()).toBe(true);
  });
});

describe("what a person does with sessions", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const OTHER = "agent:main:b";
  const methods = ["sessions.patch", "sessions.delete"];
  const CAPABLE = { ...connectedState.server, methods, scopes: ["operator.admin"] };
  const capable = linkView({ ...connectedState, server: CAPABLE });

  async function openWith(...answers: readonly Answer[]) {
    const window = openWindow();
    window.answers["sessions.list"] = {
      defaults: { model: "stub-1", modelProvider: "stub" },
      sessions: [
        { key: MAIN, label: "Main", updatedAt: 5 },
        { key: OTHER, sessionId: "s-1", label: "Other", updatedAt: 9, unread: true },
      ],
    };
    const prompts = scriptedPrompts(...answers);
    const panel = window.openPanel(prompts);
    window.change(capable);
    panel.say({ type: "ready" });
    await settle();
    window.requests.length = 0;
    const asked = (method: string) => window.requests.filter((request) => request.method === method);
    return { ...window, ...panel, prompts, asked };
  }

  it("is offered only when the Gateway lets us", async () => {
    const { last, change } = await openWith();
    expect(last("state")?.sessionActions).toEqual(["rename", "archive", "choose-model", "delete"]);
    expect(last("state")?.modelRef).toBe("stub/stub-1");
    const scopes = ["operator.read", "operator.write"];
    change(linkView({ ...connectedState, server: { ...CAPABLE, scopes } }));
    await settle();
    expect(last("state")?.sessionActions).toEqual(["rename", "archive", "choose-model"]);
    change(linkView(connectedState));
    await settle();
    expect(last("state")?.sessionActions).toEqual([]);
  });

  it("renames, and gives the Gateway's own name back for an empty one", async () => {
    const { say, asked } = await openWith(" New name ", "");
    say({ type: "renameSession", key: OTHER });
    await settle();
    say({ type: "renameSession", key: OTHER });
    await settle();
    expect(asked("sessions.patch").map(({ params }) => params)).toEqual([
      { key: OTHER, label: "New name" },
      { key: OTHER, label: null },
    ]);
  });

  it("archives exactly the session that was seen, shows the main one instead, and can take it back", async () => {
    const { say, asked, last } = await openWith("undo");
    say({ type: "selectSession", key: OTHER });
    say({ type: "archiveSession", key: OTHER });
    await settle();
    expect(last("state")?.sessionKey).toBe(MAIN);
    expect(asked("sessions.patch").map(({ params }) => params)).toEqual([
      { key: OTHER, unread: false },
      { key: OTHER, archived: true, expectedSessionId: "s-1" },
      { key: OTHER, archived: false, expectedSessionId: "s-1" },
    ]);
  });

  it("deletes only after a modal that names it", async () => {
    const { say, asked, prompts } = await openWith(undefined, "delete");
    say({ type: "deleteSession", key: OTHER });
    await settle();
    expect(asked("sessions.delete")).toEqual([]);
    say({ type: "deleteSession", key: OTHER });
    await settle();
    expect(prompts.said[0]).toContain("Other");
    expect(asked("sessions.delete")[0]?.params).toEqual({
      key: OTHER,
      deleteTranscript: true,
      expectedSessionId: "s-1",
    });
  });

  it("chooses a model for the session on screen, and is told when the Gateway does not take it", async () => {
    const { say, asked, troubles, answers } = await openWith();
    say({ type: "chooseModel", model: "stub/stub-2" });
    await settle();
    expect(asked("sessions.patch")[0]?.params).toEqual({ key: MAIN, model: "stub/stub-2" });
    answers["sessions.patch"] = Promise.reject(new Error("unknown model"));
    say({ type: "chooseModel", model: "x/y" });
    await settle();
    expect(troubles).toHaveLength(1);
  });

  it("tells the Gateway once that a session was read, and only when somebody can see it", async () => {
    const { say, asked, show, events, last } = await openWith();
    show(false);
    say({ type: "selectSession", key: OTHER });
    await settle();
    expect(asked("sessions.patch")).toEqual([]);
    show(true);
    say({ type: "ready" });
    const session = { key: OTHER, label: "Other", unread: true };
    for (let at = 10; at < 30; at++)
      events.fire({ event: "sessions.changed", payload: { session: { ...session, updatedAt: at } } });
    await settle();
    expect(asked("sessions.patch").map(({ params }) => params)).toEqual([{ key: OTHER, unread: false }]);
    expect(last("state")?.unreadSince).toBeUndefined();
  });

  it("marks where the new begins in a session that was on screen before", async () => {
    const { say, events, last } = await openWith();
    say({ type: "selectSession", key: OTHER });
    await settle();
    say({ type: "selectSession", key: MAIN });
    events.fire({ event: "sessions.changed", payload: { session: { key: OTHER, updatedAt: 20, unread: true } } });
    say({ type: "selectSession", key: OTHER });
    await settle();
    expect(last("state")?.unreadSince).toBe(9);
    say({ type: "selectSession", key: MAIN });
    await settle();
    expect(last("state")?.unreadSince).toBeUndefined();
  });

  it("takes back a question that has not gone out", async () => {
    const { say, last, change } = await openWith();
    change(linkView({ phase: "waiting", generation: 2, ladder: [], failure: LOST, attempt: 1, retryAt: 0 }));
    say({ type: "send", clientId: "c", text: "not yet" });
    await settle();
    say({ type: "ready" });
    const reset = last("transcript")?.patch;
    const id = reset?.type === "reset" ? (reset.items[0]?.id ?? "") : "";
    say({ type: "discard", id });
    say({ type: "ready" });
    expect(last("transcript")?.patch).toMatchObject({ type: "reset", items: [] });
  });
});

describe("the composer's helpers", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("get the Gateway's commands and models, and lose them with it", async () => {
    const { change, openPanel, answers } = openWindow();
    answers["commands.list"] = { commands: [{ name: "model", description: "Choose.", acceptsArgs: true }] };
    answers["models.list"] = { models: [{ id: "stub-1", name: "Stub", provider: "stub", contextWindow: 9 }] };
    const { say, last } = openPanel();
    say({ type: "ready" });
    const methods = ["commands.list", "models.list"];
    const server = { ...connectedState.server, methods };
    change(linkView({ ...connectedState, server }));
    await settle();
    expect(last("commands")?.commands).toEqual([{ name: "/model", description: "Choose.", acceptsArgs: true }]);
    expect(last("models")?.models).toMatchObject([{ ref: "stub/stub-1", contextTokens: 9, isAvailable: true }]);
    change(linkView({ ...connectedState, server: { ...server, methods: [] } }, { profile: CLOUD }));
    await settle();
    expect(last("commands")?.commands).toEqual([]);
    expect(last("models")?.models).toEqual([]);
  });

  it("give the text of what was offered, and of nothing else", async () => {
    const { openPanel, context, troubles } = openWindow();
    const { say, last } = openPanel();
    say({ type: "ready" });
    context.findFiles.mockResolvedValue([{ id: "file:///w/src/a.ts", path: "src/a.ts" }]);
    context.readFile.mockResolvedValue({ path: "src/a.ts", language: "typescript", text: "x" });
    say({ type: "pickMention", id: "file:///etc/passwd" });
    await settle();
    expect(context.readFile).not.toHaveBeenCalled();
    expect(troubles).toHaveLength(1);
    say({ type: "findMentions", query: "src" });
    await settle();
    expect(last("mentions")).toMatchObject({ query: "src", options: [{ kind: "file", label: "src/a.ts" }] });
    say({ type: "pickMention", id: "file:///w/src/a.ts" });
    await settle();
    expect(last("mention")).toMatchObject({ reference: "@src/a.ts", excerpt: "```typescript src/a.ts\nx\n```" });
  });
});
