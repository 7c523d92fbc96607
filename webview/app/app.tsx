import { useComputed } from "@preact/signals";
import type { VNode } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { translator } from "../../protocol/l10n/translate.ts";
import type { ViewMessage } from "../../protocol/webview/contract.ts";
import { Chat } from "../components/chat.tsx";
import { LadderScreen } from "../components/ladder-screen.tsx";
import { Welcome } from "../components/welcome.tsx";
import type { Host } from "../host/host.ts";
import type { PanelStore } from "../state/panel-store.ts";
import { type Ui, UiContext, useUi } from "./ui.ts";

/** The whole panel: nothing until the host has told the state. */
export function App({ store, host, root }: { store: PanelStore; host: Host; root: HTMLElement }): VNode | null {
  const locale = useComputed(() => store.panel.value?.locale).value;
  const place = useComputed(() => store.panel.value?.place).value;
  const ui = useMemo<Ui | undefined>(
    () => locale && { store, locale, t: translator(locale), post: (message) => post(store, host, message) },
    [store, host, locale],
  );
  useLayoutEffect(() => {
    if (ui === undefined) return;
    root.setAttribute("role", "main");
    root.setAttribute("aria-label", ui.t("panel.region"));
    root.dataset["place"] = place;
    document.documentElement.lang = ui.locale === "zh-cn" ? "zh-CN" : "en";
  }, [ui, place]);
  if (ui === undefined) return null;
  return (
    <UiContext.Provider value={ui}>
      <Screen />
    </UiContext.Provider>
  );
}

function post(store: PanelStore, host: Host, message: ViewMessage): void {
  if (message.type === "selectSession" || message.type === "newSession") store.wish({ type: "leave" });
  host.post(message);
}

/** A connection that was there keeps its chat while it comes back; only then does the ladder stay out of the way. */
function Screen(): VNode | null {
  const { store } = useUi();
  const screen = useComputed(() => {
    const connection = store.panel.value?.connection;
    switch (connection?.phase) {
      case "disconnected":
        return "welcome";
      case "failed":
        return "ladder";
      case "connected":
        return "chat";
      case "connecting":
        return store.hasChat.value && connection.approval === undefined ? "chat" : "ladder";
      case "waiting":
      case undefined:
        return store.hasChat.value ? "chat" : "ladder";
    }
  }).value;
  if (screen === "welcome") return <Welcome />;
  return screen === "ladder" ? <LadderScreen /> : <Chat />;
}
