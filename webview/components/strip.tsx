import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import { wholeDuration } from "../state/format.ts";
import { Icon } from "./icon.tsx";

/** The line above the composer while the connection is away: when the next attempt starts, or what it does. */
export function Strip(): VNode | null {
  const { store, t, post } = useUi();
  const panel = store.panel.value;
  const connection = panel?.connection;
  if (panel === undefined || connection === undefined) return null;
  if (connection.phase === "connecting") {
    const rung = connection.ladder.findLast((rung) => rung.status === "running");
    return (
      <div class="strip" role="status">
        <Icon name="loading" extra="spin accent" />
        <span class="clip">
          {t("panel.strip.now")}{" "}
          {rung && <span class="quiet">{t(`ladder.${rung.step}`, { target: connection.target })}</span>}
        </span>
        <span />
      </div>
    );
  }
  if (connection.phase !== "waiting") return null;
  const attempt = t("panel.strip.attempt", { n: connection.attempt });
  return (
    <div class="strip">
      <Icon name="sync" extra="warn" />
      {/* a countdown read aloud every second would be noise: it is said once an attempt */}
      <span class="sr" role="status">
        {t("panel.strip.now")}, {attempt}
      </span>
      <span class="clip" aria-hidden="true">
        <Countdown until={connection.retryAt} /> <span class="quiet">{attempt}</span>
      </span>
      <button type="button" class="lk" onClick={() => post({ type: "retryNow" })}>
        {t("panel.strip.tryNow")}
      </button>
    </div>
  );
}

function Countdown({ until }: { until: number }): VNode {
  const { t } = useUi();
  const [left, setLeft] = useState(() => until - Date.now());
  useEffect(() => {
    setLeft(until - Date.now());
    const timer = setInterval(() => setLeft(until - Date.now()), 250);
    return () => clearInterval(timer);
  }, [until]);
  const seconds = Math.ceil(left / 1000);
  if (seconds <= 0) return <>{t("panel.strip.now")}</>;
  return <>{t("panel.strip.reconnecting", { time: wholeDuration(t, seconds * 1000) })}</>;
}
