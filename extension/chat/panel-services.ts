import type { ErrorAction } from "../../protocol/errors/catalogue.ts";
import type { Locale } from "../../protocol/l10n/locale.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { Disposable } from "../../protocol/util/disposable.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { HostMessage } from "../../protocol/webview/contract.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { Memory } from "../platform/ports.ts";
import type { GatewayCatalog } from "./gateway-catalog.ts";
import type { EditorContext } from "./mentions.ts";
import type { SessionActions } from "./session-actions.ts";
import type { SessionList } from "./session-list.ts";
import type { ThreadPool } from "./thread-pool.ts";

/** One page of the chat app, wherever VS Code shows it. */
export interface PanelPage {
  post(message: HostMessage): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  /** Somebody can see it now. */
  isVisible(): boolean;
}

/** What a panel has done elsewhere. */
export interface PanelActions {
  /** Does something that may fail; the person is told. */
  attempt(name: string, work: () => unknown): void;
  connect(): void;
  cancelConnect(): void;
  retry(): void;
  onErrorAction(action: ErrorAction): void;
  copyDetails(): void;
  copy(text: string): void;
  insertAtCursor(text: string): void;
  newFile(file: { readonly text: string; readonly language: string }): void;
  openLink(href: string): void;
  openSettings(): void;
}

/** What every panel of a window shares. */
export interface PanelServices {
  readonly link: Pick<GatewayLink, "view" | "onChange">;
  readonly sessions: Pick<SessionList, "rows" | "row" | "defaultModel" | "onChange">;
  readonly sessionActions: SessionActions;
  readonly catalog: Pick<GatewayCatalog, "commands" | "models" | "onChange">;
  readonly editorContext: EditorContext;
  readonly threads: Pick<ThreadPool, "acquire">;
  readonly hasSaved: () => boolean;
  readonly memory: Memory;
  readonly actions: PanelActions;
  readonly locale: Locale;
  readonly t: Translate;
  readonly logger: Logger;
}
