import type { VNode } from "preact";
import { useUi } from "../app/ui.ts";

/** Not connected: what this is and the one way on. */
export function Welcome(): VNode {
  const { store, t, post } = useUi();
  const connection = store.panel.value?.connection;
  const which = connection?.phase === "disconnected" && connection.hasSaved ? "saved" : "firstRun";
  return (
    <div class="empty">
      <div class="lead">
        <h1>{t(`panel.${which}.title`)}</h1>
        <p class="quiet">{t(`panel.${which}.lead`)}</p>
      </div>
      <div class="row-actions">
        <button type="button" class="btn go" onClick={() => post({ type: "connect" })}>
          {t("panel.connect")}
        </button>
      </div>
    </div>
  );
}
