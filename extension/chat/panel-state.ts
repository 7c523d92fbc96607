import type { Locale } from "../../protocol/l10n/locale.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type {
  DeviceApproval,
  PanelConnection,
  PanelState,
  SessionAction,
  SessionOption,
} from "../../protocol/webview/contract.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";
import type { ServerFacts } from "../../protocol/client/connection-state.ts";
import { clip } from "./clip.ts";
import type { DefaultModel, SessionRow } from "./session-list.ts";

export interface PanelInputs {
  readonly locale: Locale;
  readonly place: PanelState["place"];
  readonly view: LinkView;
  readonly hasSaved: boolean;
  readonly rows: readonly SessionRow[];
  readonly defaultModel: DefaultModel;
  readonly sessionKey: string;
  /** Up to which `updatedAt` a session was on screen here. */
  readonly seenUntil: (key: string) => number | undefined;
  readonly running: boolean;
  readonly draft: string;
  /** See `PanelState`. */
  readonly unreadSince: number | undefined;
}

/** Pure: everything a panel shows around its transcript. It carries no secret. */
export function panelState(inputs: PanelInputs, t: Translate): PanelState {
  const { view, sessionKey, rows } = inputs;
  const row = rows.find(({ key }) => key === sessionKey);
  const chosen = row?.model === undefined ? inputs.defaultModel : row;
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
    model: chosen.model,
    modelRef: chosen.model === undefined ? undefined : `${chosen.modelProvider ?? ""}/${chosen.model}`,
    hasModel: connected?.server.modelConfigured !== false,
    usage:
      row?.totalTokens === undefined
        ? undefined
        : { totalTokens: row.totalTokens, contextTokens: row.contextTokens, costUsd: row.costUsd },
    draft: inputs.draft,
    sessionActions: connected === undefined ? [] : sessionActions(connected.server),
    unreadSince: inputs.unreadSince,
  };
}

function sessionActions({ methods, scopes }: ServerFacts): readonly SessionAction[] {
  const isAdmin = scopes.includes("operator.admin");
  const canPatch = methods.includes("sessions.patch") && (isAdmin || scopes.includes("operator.write"));
  const canDelete = methods.includes("sessions.delete") && isAdmin;
  return [
    ...(canPatch ? (["rename", "archive", "choose-model"] as const) : []),
    ...(canDelete ? (["delete"] as const) : []),
  ];
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
function sessionOptions({ rows, sessionKey, seenUntil, view }: PanelInputs, t: Translate): readonly SessionOption[] {
  const main = view.state.phase === "connected" ? view.state.server.mainSessionKey : undefined;
  const options = rows.map((row) => ({
    key: row.key,
    isMain: row.key === main,
    title: row.title ?? keyTitle(row.key, t),
    updatedAt: row.updatedAt,
    unread: row.unread && row.key !== sessionKey && seenUntil(row.key) !== row.updatedAt,
    running: row.running,
  }));
  if (sessionKey === "" || rows.some(({ key }) => key === sessionKey)) return options;
  const current = {
    key: sessionKey,
    title: keyTitle(sessionKey, t),
    updatedAt: undefined,
    unread: false,
    running: false,
    isMain: sessionKey === main,
  };
  return [current, ...options];
}

/** A title for a session that has none: its key says what it is for (`agent:main:main`, `agent:main:vscode-…`). */
function keyTitle(key: string, t: Translate): string {
  const tail = key.split(":").slice(2).join(":");
  if (tail === "main") return t("extension.session.main");
  if (tail.startsWith(NEW_SESSION_PREFIX)) return t("extension.session.new");
  return clip(tail === "" ? key : tail, 200);
}

const NEW_SESSION_PREFIX = "vscode-";

/** A key for a session that starts with its first question; the agent is the one of the Gateway's main session. */
export function newSessionKey(mainSessionKey: string, id: string): string {
  const agent = /^agent:([^:]+):/.exec(mainSessionKey)?.[1] ?? "main";
  return `agent:${agent}:${NEW_SESSION_PREFIX}${id}`;
}
