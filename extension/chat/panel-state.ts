import type { Locale } from "../../protocol/l10n/locale.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { DeviceApproval, PanelConnection, PanelState, SessionOption } from "../../protocol/webview/contract.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";
import type { SessionRow } from "./session-list.ts";

export interface PanelInputs {
  readonly locale: Locale;
  readonly place: PanelState["place"];
  readonly view: LinkView;
  readonly hasSaved: boolean;
  readonly rows: readonly SessionRow[];
  readonly defaultModel: string | undefined;
  readonly sessionKey: string;
  /** Sessions whose newest state was on screen in this window, by key: the `updatedAt` that was seen. */
  readonly seen: ReadonlyMap<string, number | undefined>;
  readonly running: boolean;
  readonly draft: string;
}

/** Pure: everything a panel shows around its transcript. It carries no secret. */
export function panelState(inputs: PanelInputs, t: Translate): PanelState {
  const { view, sessionKey, rows } = inputs;
  const row = rows.find(({ key }) => key === sessionKey);
  const connected = view.state.phase === "connected" ? view.state : undefined;
  return {
    locale: inputs.locale,
    place: inputs.place,
    connection: panelConnection(inputs),
    gateway: view.profile === undefined ? "" : targetKey(view.profile.target),
    gatewayName: view.profile?.name ?? "",
    sessions: sessionOptions(inputs, t),
    sessionKey,
    running: inputs.running || row?.running === true,
    model: row?.model ?? inputs.defaultModel,
    hasModel: connected?.server.modelConfigured !== false,
    usage:
      row?.totalTokens === undefined
        ? undefined
        : { totalTokens: row.totalTokens, contextTokens: row.contextTokens, costUsd: row.costUsd },
    draft: inputs.draft,
  };
}

function approvalOf({ approval }: LinkView): { readonly approval?: DeviceApproval } {
  if (approval === undefined) return {};
  const { requestId, device, scopes, command, approve, isApproving } = approval;
  return { approval: { requestId, device, scopes, command, overSsh: approve !== undefined, isApproving } };
}

function panelConnection({ view, hasSaved }: PanelInputs): PanelConnection {
  const { state, profile } = view;
  const target = profile?.name ?? "";
  switch (state.phase) {
    case "disconnected":
      return { phase: "disconnected", hasSaved };
    case "connecting":
      return { phase: "connecting", target, ladder: state.ladder, ...approvalOf(view) };
    case "connected":
      return { phase: "connected" };
    case "waiting": {
      const { failure, attempt, retryAt, ladder } = state;
      return { phase: "waiting", failure, attempt, retryAt, ladder };
    }
    case "failed":
      return { phase: "failed", target, failure: state.failure, ladder: state.ladder };
  }
}

/** The session on screen is always among the options, also before the Gateway knows it. */
function sessionOptions({ rows, sessionKey, seen }: PanelInputs, t: Translate): readonly SessionOption[] {
  const options = rows.map((row) => ({
    key: row.key,
    title: row.title ?? keyTitle(row.key, t),
    updatedAt: row.updatedAt,
    unread: row.unread && row.key !== sessionKey && !(seen.has(row.key) && seen.get(row.key) === row.updatedAt),
    running: row.running,
  }));
  if (sessionKey === "" || rows.some(({ key }) => key === sessionKey)) return options;
  const current = {
    key: sessionKey,
    title: keyTitle(sessionKey, t),
    updatedAt: undefined,
    unread: false,
    running: false,
  };
  return [current, ...options];
}

/** A title for a session that has none: its key says what it is for (`agent:main:main`, `agent:main:vscode-…`). */
function keyTitle(key: string, t: Translate): string {
  const tail = key.split(":").slice(2).join(":");
  if (tail === "main") return t("extension.session.main");
  if (tail.startsWith(NEW_SESSION_PREFIX)) return t("extension.session.new");
  return tail === "" ? key : tail;
}

const NEW_SESSION_PREFIX = "vscode-";

/** A key for a session that starts with its first question; the agent is the one of the Gateway's main session. */
export function newSessionKey(mainSessionKey: string, id: string): string {
  const agent = /^agent:([^:]+):/.exec(mainSessionKey)?.[1] ?? "main";
  return `agent:${agent}:${NEW_SESSION_PREFIX}${id}`;
}
