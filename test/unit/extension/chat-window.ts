import { type Mock, vi } from "vitest";
import { initialState } from "../../../protocol/client/connection-state.ts";
import type { GatewayEvent, GatewaySession } from "../../../protocol/client/gateway-session.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import type { HostMessage } from "../../../protocol/webview/contract.ts";
import { ChatPanel } from "../../../extension/chat/chat-panel.ts";
import { GatewayCatalog } from "../../../extension/chat/gateway-catalog.ts";
import type { EditorContext, Excerpt, Problem } from "../../../extension/chat/mentions.ts";
import type { PanelActions } from "../../../extension/chat/panel-services.ts";
import { SessionActions } from "../../../extension/chat/session-actions.ts";
import { SessionList } from "../../../extension/chat/session-list.ts";
import { type Outboxes, ThreadPool } from "../../../extension/chat/thread-pool.ts";
import type { LineEvent, LinkView } from "../../../extension/connection/gateway-link.ts";
import { type GatewayProfile, targetKey } from "../../../extension/connection/profile.ts";
import type { Memory } from "../../../extension/platform/ports.ts";
import { fakeSession, linkView, memory, scriptedPrompts } from "./fakes.ts";

export const MAIN = "agent:main:main";

const keyOf = (profile: GatewayProfile | undefined): string => (profile === undefined ? "" : targetKey(profile.target));

const outboxesIn = (windowMemory: Memory): Outboxes => ({
  open: (gateway, sessionKey) => ({
    load: () => windowMemory.get(`${gateway}:${sessionKey}`),
    save: (entries) => void windowMemory.update(`${gateway}:${sessionKey}`, entries),
  }),
  sessions: () => [],
});

/** A window: a link that the test drives, one session list, one pool, and as many panels as it opens. */
export function openWindow(windowMemory = memory()) {
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
    onLineChange: (listener: (gateway: string) => void) => changes.event(({ profile }) => listener(keyOf(profile))),
    onLineEvent: (listener: (told: LineEvent) => void) =>
      events.event((event) => listener({ gateway: keyOf(view.profile), event })),
    onLineReady: (listener: (gateway: string) => void) => sessionsOpened.event(() => listener(keyOf(view.profile))),
    viewOf: (gateway: string) => (gateway === keyOf(view.profile) ? view : undefined),
    requestOf: async <T>(_gateway: string, { method, params }: { method: string; params?: unknown }) =>
      link.request<T>(method, params),
    request: async <T>(method: string, params?: unknown) => {
      requests.push({ method, params });
      if (!online) throw new ConnectError("LINK_LOST", "not connected");
      return (answers[method] ?? {}) as T;
    },
  };
  const logger = silentLogger;
  const sessions = new SessionList(link, logger);
  const threads = new ThreadPool({ link, outboxes: outboxesIn(windowMemory), logger });
  const catalog = new GatewayCatalog(link, logger);
  const prompts = scriptedPrompts();
  const context = {
    selection: vi.fn((): Excerpt | undefined => undefined),
    problems: vi.fn((): readonly Problem[] => []),
    findFiles: vi.fn(async (_query: string): Promise<{ id: string; path: string }[]> => []),
    readFile: vi.fn(async (_id: string): Promise<Excerpt | undefined> => undefined),
  } satisfies EditorContext;
  const troubles: unknown[] = [];
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
  ) as Record<Exclude<keyof PanelActions, "attempt">, Mock<() => void>>;
  const attempt = async (_name: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      troubles.push(error);
    }
  };
  const change = (next: LinkView) => {
    view = next;
    online = next.state.phase === "connected";
    changes.fire(next);
    const { session } = fakeSession((method) => answers[method] ?? {});
    if (online) sessionsOpened.fire(session);
  };
  const openPanel = (ask = prompts) => {
    let isVisible = true;
    const posted: HostMessage[] = [];
    const fromPage = new Emitter<unknown>();
    const services = {
      link,
      sessions,
      sessionActions: new SessionActions({ link, sessions, prompts: ask, t: translator("en") }),
      catalog,
      editorContext: context,
      threads,
      hasSaved: () => true,
      memory: windowMemory,
      actions: { ...actions, attempt: (name: string, work: () => unknown) => void attempt(name, work) },
      locale: "en" as const,
      t: translator("en"),
      logger,
    };
    const panel = new ChatPanel(
      services,
      { post: (message) => posted.push(message), onMessage: fromPage.event, isVisible: () => isVisible },
      "side",
    );
    const last = <T extends HostMessage["type"]>(type: T) =>
      posted.findLast((message): message is Extract<HostMessage, { type: T }> => message.type === type);
    const show = (visible: boolean): void => void (isVisible = visible);
    return { panel, posted, say: (message: unknown) => fromPage.fire(message), last, show };
  };
  return { change, openPanel, requests, answers, events, actions, context, troubles };
}
