import type { VNode } from "preact";
import { useUi } from "../app/ui.ts";

/** A Gateway without a model: what works, and where the model is set. */
export function NoModel(): VNode {
  const { store, t } = useUi();
  return (
    <div class="empty">
      <div class="lead">
        <h2>{t("panel.noModel.title", { gateway: store.panel.value?.gatewayName ?? "" })}</h2>
        <p class="quiet">{t("panel.noModel.lead")}</p>
      </div>
      <div class="lead">
        <p class="quiet">{t("panel.noModel.how")}</p>
        <p class="mono">models.providers</p>
        <p class="mono">agents.defaults.model.primary</p>
      </div>
    </div>
  );
}
