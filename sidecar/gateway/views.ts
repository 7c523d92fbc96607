import { AGENT_ID, MAIN_SESSION_KEY } from "../agent/agent-id.ts";
import type { ActiveRuns } from "../agent/active-runs.ts";
import type { ModelCatalog } from "../agent/model-catalog.ts";
import type { Session } from "../store/sessions.ts";
import type { StoredMessage } from "../store/transcripts.ts";

type View = Readonly<Record<string, unknown>>;

/** What a message is cut to when its text is longer than `maxChars`. */
const CUT = "\n...(truncated)...";

/** A stored message as clients read it: with its place in the transcript under `__openclaw`. */
export function messageView(message: StoredMessage, options: { readonly maxChars?: number } = {}): View {
  const { body, cut } =
    options.maxChars === undefined ? { body: message.body, cut: false } : shorten(message.body, options.maxChars);
  const { idempotencyKey, sender, ...rest } = body;
  return {
    ...rest,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    __openclaw: {
      ...(typeof sender === "object" ? sender : {}),
      ...(message.role === "assistant" && message.runId !== undefined ? { runId: message.runId } : {}),
      id: message.id,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      recordTimestampMs: message.createdAt,
      seq: message.seq,
      ...(cut ? { truncated: true, reason: "display-cap" } : {}),
    },
  };
}

function shorten(body: View, maxChars: number): { readonly body: View; readonly cut: boolean } {
  let cut = false;
  const shortenText = (text: string): string => {
    if (text.length <= maxChars) return text;
    cut = true;
    return text.slice(0, maxChars) + CUT;
  };
  const { content } = body;
  if (typeof content === "string") return { body: { ...body, content: shortenText(content) }, cut };
  if (!Array.isArray(content)) return { body, cut };
  const blocks = content.map((block: unknown) =>
    typeof block === "object" && block !== null && "text" in block && typeof block.text === "string"
      ? { ...block, text: shortenText(block.text) }
      : block,
  );
  return { body: { ...body, content: blocks }, cut };
}

/** Turns rows of the session index into what clients read. */
export class SessionViews {
  readonly #catalog: ModelCatalog;
  readonly #active: ActiveRuns;

  constructor(catalog: ModelCatalog, active: ActiveRuns) {
    this.#catalog = catalog;
    this.#active = active;
  }

  /** `defaults` of a session list or a history. */
  defaults(): View {
    const model = this.#catalog.primary();
    return {
      modelProvider: model?.provider.name ?? null,
      model: model?.entry.id ?? null,
      contextTokens: model?.entry.contextWindow ?? null,
      agentRuntime: RUNTIME,
      modelSelectionTarget: "session",
    };
  }

  /** One row as `sessions.list` gives it. */
  row(session: Session, now: number): View {
    const { provider, entry } = this.#catalog.resolve(session.model) ?? {};
    const active = this.#active.idsOf(session.key);
    const { inputTokens, outputTokens, totalTokens } = session;
    return {
      ...this.#frame(session.key, active, now),
      visibility: "shared",
      classification: session.key === MAIN_SESSION_KEY ? "main" : "direct",
      chatType: "direct",
      createdAt: session.createdAt,
      updatedAt: session.updatedAt,
      archived: session.archivedAt !== undefined,
      pinned: session.pinnedAt !== undefined,
      unread: session.unread,
      sessionId: session.sessionId,
      systemSent: session.lastInputAt !== undefined,
      abortedLastRun: session.status === "killed",
      modelProvider: provider?.name ?? null,
      model: entry?.id ?? session.model ?? null,
      modelOverrideSource: session.model === undefined ? null : "user",
      contextTokens: entry?.contextWindow ?? null,
      sharingRole: "admin",
      ...defined({
        label: session.label,
        category: session.category,
        icon: session.icon,
        color: session.color,
        derivedTitle: session.title,
        displayName: session.label ?? session.title,
        lastMessagePreview: session.preview,
        archivedAt: session.archivedAt,
        pinnedAt: session.pinnedAt,
        lastInteractionAt: session.lastInputAt,
        lastReadAt: session.lastReadAt,
        lastActivityAt: session.runEndedAt,
        status: active.length > 0 ? "running" : session.status,
        lastRunId: session.lastRunId,
        lastRunError: session.lastError,
        startedAt: session.runStartedAt,
        endedAt: session.runEndedAt,
        runtimeMs: runtime(session),
      }),
      ...(totalTokens > 0
        ? { inputTokens, outputTokens, totalTokens, totalTokensFresh: true }
        : { totalTokensFresh: false }),
    };
  }

  /** `sessionInfo` of a session that nobody has written to. */
  blank(key: string, now: number): View {
    return {
      ...this.#frame(key, [], now),
      classification: key === MAIN_SESSION_KEY ? "main" : "custom",
      updatedAt: null,
      archived: false,
      pinned: false,
      unread: false,
      totalTokensFresh: false,
      modelOverrideSource: null,
      ...this.defaults(),
    };
  }

  #frame(key: string, active: readonly string[], now: number): View {
    return {
      key,
      kind: "direct",
      agentId: AGENT_ID,
      isMain: key === MAIN_SESSION_KEY,
      isBackground: false,
      permissionModePending: false,
      effectiveQueueMode: "followup",
      runtimeSelectionLocked: false,
      agentRuntime: RUNTIME,
      snapshotAt: now,
      hasActiveRun: active.length > 0,
      activeRunIds: active,
    };
  }

  /** The facts of a session that events repeat beside its row; null says that there is none. */
  receipt(session: Session, now: number): View {
    const row = this.row(session, now);
    return {
      session: row,
      updatedAt: session.updatedAt,
      sessionId: session.sessionId,
      kind: "direct",
      label: session.label ?? null,
      displayName: session.label ?? session.title ?? null,
      archived: session.archivedAt !== undefined,
      pinned: session.pinnedAt !== undefined,
      unread: session.unread,
      status: row["status"] ?? null,
      lastRunError: session.lastError ?? null,
      lastRunId: session.lastRunId ?? null,
      hasActiveRun: row["hasActiveRun"],
      activeRunIds: row["activeRunIds"],
      startedAt: session.runStartedAt ?? null,
      endedAt: session.runEndedAt ?? null,
      runtimeMs: runtime(session) ?? null,
      ancestorSessions: [],
    };
  }
}

const RUNTIME = {
  id: "sidecar",
  cloudPlacementSupported: false,
  devicePlacementSupported: false,
  source: "implicit",
} as const;

const runtime = (session: Session): number | undefined =>
  session.runStartedAt === undefined || session.runEndedAt === undefined
    ? undefined
    : session.runEndedAt - session.runStartedAt;

function defined(values: View): View {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
