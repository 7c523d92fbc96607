import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Locale } from "../../protocol/l10n/locale.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { ViewMessage } from "../../protocol/webview/contract.ts";
import type { PanelStore } from "../state/panel-store.ts";

/** What every component may use: the state, the words and the way to the host. */
export interface Ui {
  readonly store: PanelStore;
  readonly locale: Locale;
  readonly t: Translate;
  readonly post: (message: ViewMessage) => void;
}

export const UiContext = createContext<Ui | undefined>(undefined);

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (ui === undefined) throw new Error("A component of the panel was rendered outside of it");
  return ui;
}
