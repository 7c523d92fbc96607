import type { VNode } from "preact";
import { useUi } from "../app/ui.ts";
import { LADDER_STEPS, type Ladder, type LadderRung } from "../../protocol/ladder/steps.ts";
import { FailureCard } from "./failure-card.tsx";
import { PairingScreen } from "./pairing-screen.tsx";
import { FoldedRungs, Rung } from "./rung.tsx";
import { Strip } from "./strip.tsx";

const FIRST_SECRET = LADDER_STEPS.indexOf("credential");

/** The way to the Gateway, rung by rung, while it is climbed or after it broke. */
export function LadderScreen(): VNode | null {
  const { store, t, post } = useUi();
  const panel = store.panel.value;
  if (panel === undefined || panel.connection.phase === "disconnected" || panel.connection.phase === "connected")
    return null;
  const { connection } = panel;
  const target = connection.phase === "waiting" ? panel.gatewayName : connection.target;
  const rungs = connection.ladder.filter((rung) => rung.status !== "skipped");
  if (connection.phase === "connecting" && connection.approval !== undefined) {
    return <PairingScreen approval={connection.approval} rungs={rungs} target={target} />;
  }
  if (connection.phase === "connecting") {
    return (
      <>
        {panel.place === "editor" && <div class="pbar" role="progressbar" aria-label={t("panel.connecting.label")} />}
        <div class="ladder">
          <div class="title">
            <h1>{t("panel.connecting.title", { target })}</h1>
            <button type="button" class="btn" onClick={() => post({ type: "cancelConnect" })}>
              {t("panel.cancel")}
            </button>
            <p class="quiet" role="status">
              <Progress rungs={rungs} target={target} />
            </p>
          </div>
          <ol class="rail" aria-label={t("panel.steps.label")}>
            {rungs.map((rung) => (
              <Rung key={rung.step} rung={rung} target={target} />
            ))}
          </ol>
        </div>
      </>
    );
  }
  const { failure } = connection;
  const stopped = Math.max(
    0,
    rungs.findIndex((rung) => rung.step === failure.step),
  );
  const nothingSent = LADDER_STEPS.indexOf(failure.step) < FIRST_SECRET;
  return (
    <>
      <div class="ladder">
        <div class="title">
          <h1>{t("panel.failed.title", { target })}</h1>
          <p class="quiet">
            {t(nothingSent ? "panel.failed.stoppedClean" : "panel.failed.stopped", {
              n: stopped + 1,
              total: rungs.length,
            })}
          </p>
        </div>
        <ol class="rail" aria-label={t("panel.steps.label")}>
          {rungs.slice(0, stopped).map((rung) => (
            <Rung key={rung.step} rung={rung} target={target} />
          ))}
          <FailureCard key={failure.code} failure={failure} target={target} ms={rungs[stopped]?.ms} />
          <FoldedRungs rungs={rungs.slice(stopped + 1)} target={target} words="panel.failed.unreached" />
        </ol>
      </div>
      {connection.phase === "waiting" && (
        <div class="dock">
          <Strip />
        </div>
      )}
    </>
  );
}

function Progress({ rungs, target }: { rungs: Ladder; target: string }): VNode {
  const { t } = useUi();
  const index = rungs.findLastIndex((rung: LadderRung) => rung.status !== "pending");
  const rung = rungs[index];
  if (rung === undefined) return <>{t("panel.connecting.starting")}</>;
  const step = t(`ladder.${rung.step}`, { target });
  return <>{t("panel.connecting.step", { step, n: index + 1, total: rungs.length })}</>;
}
