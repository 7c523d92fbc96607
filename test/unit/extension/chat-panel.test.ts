import { type Mock, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { initialState } from "../../../protocol/client/connection-state.ts";
import type { GatewayEvent, GatewaySession } from "../../../protocol/client/gateway-session.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import type { HostMessage } from "../../../protocol/webview/contract.ts";
import { ChatPanel, type PanelActions } from "../../../extension/chat/chat-panel.ts";
import { SessionList } from "../../../extension/chat/session-list.ts";
import { ThreadPool } from "../../../extension/chat/thread-pool.ts";
import type { LinkView } from "../../../extension/connection/gateway-link.ts";
import { CLOUD, connectedState, fakeSession, linkView, memory } from "./fakes.ts";

const MAIN = "agent:main:main";

/** A window: a link that the test drives, one session list, one pool, and as many panels as it opens. */
function openWindow(windowMemory = memory()) {
  const changes = new Emitter<LinkView>();
  const events = new Emitter<GatewayEvent>();
  const sessionsOpened = new Emitter<GatewaySession>();
  const requests: { method: string; params: unknown }[] = [];
  let view = linkView(initialState, { profile: undefined, path: undefined });
  let online = false;
  const answers: Record<string, unknown> = {
    "sessions.list": { defaults: { model: "stub-1" }, sessions: [{ key: MAIN, displayName: "Main", updatedAt: 5 }] },
    "chat.history": { messages: [] },
    "chat.send": { runId: "r", status: "started" },
  };
  const link = {
    get view() {
      return view;
    },
    onChange: changes.event,
    onEvent: events.event,
    onSession: sessionsOpened.event,
    onGap: new Emitter<void>().event,
    request: async <T>(method: string, params?: unknown) => {
      requests.push({ method, params });
      if (!online) throw new ConnectError("LINK_LOST", "not connected");
      return (answers[method] ?? {}) as T;
    },
  };
  const logger = silentLogger;
  const sessions = new SessionList(link, logger);
  const threads = new ThreadPool({ link, memory: windowMemory, logger });
  const actions = Object.fromEntries(
    [
      "connect",
      "cancelConnect",
      "retry",
      "onErrorAction",
      "copyDetails",
      "copy",
      "insertAtCursor",
      "newFile",
      "openLink",
      "openSettings",
    ].map((name) => [name, vi.fn()]),
  ) as Record<keyof PanelActions, Mock<() => void>>;
  const change = (next: LinkView) => {
    view = next;
    online = next.state.phase === "connected";
    changes.fire(next);
    const { session } = fakeSession((method) => answers[method] ?? {});
    if (online) sessionsOpened.fire(session);
  };
  const openPanel = () => {
    const posted: HostMessage[] = [];
    const fromPage = new Emitter<unknown>();
    const services = {
      link,
      sessions,
      threads,
      hasSaved: () => true,
      memory: windowMemory,
      actions,
      locale: "en" as const,
      t: translator("en"),
      logger,
    };
    const panel = new ChatPanel(
      services,
      { post: (message) => posted.push(message), onMessage: fromPage.event },
      "side",
    );
    const last = <T extends HostMessage["type"]>(type: T) =>
      posted.findLast((message): message is Extract<HostMessage, { type: T }> => message.type === type);
    return { panel, posted, say: (message: unknown) => fromPage.fire(message), last };
  };
  return { change, openPanel, requests, answers, events, actions };
}

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
