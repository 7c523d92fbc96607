import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { Ladder } from "../../protocol/ladder/steps.ts";
import type { DeviceApproval } from "../../protocol/webview/contract.ts";
import { showUnseen } from "../markdown/escape.ts";
import { Icon } from "./icon.tsx";
import { Elapsed, FoldedRungs } from "./rung.tsx";

interface PairingScreenProps {
  readonly approval: DeviceApproval;
  readonly rungs: Ladder;
  readonly target: string;
}

/** The ladder while it waits at pairing: who asks for what, and the two ways to approve it. It goes on by itself. */
export function PairingScreen({ approval, rungs, target }: PairingScreenProps): VNode {
  const { t, post } = useUi();
  const first = useRef<HTMLButtonElement>(null);
  const { command, device, isApproving, overSsh, requestId, scopes } = approval;
  useLayoutEffect(() => {
    if (document.hasFocus() && document.activeElement === document.body) first.current?.focus();
  }, [requestId]);
  const at = rungs.findIndex(({ step }) => step === "pairing");
  const may = scopes.map((scope) => showUnseen(scope.replace(/^operator\./, ""))).join(", ");
  return (
    <div class="ladder">
      <div class="title">
        <h1>{t("panel.pairing.title", { target })}</h1>
        <button type="button" class="btn" onClick={() => post({ type: "cancelConnect" })}>
          {t("panel.cancel")}
        </button>
        <p class="quiet" role="status">
          {t(isApproving ? "panel.pairing.approving" : "panel.pairing.waiting", { n: at + 1, total: rungs.length })}
        </p>
      </div>
      <ol class="rail" aria-label={t("panel.steps.label")}>
        <FoldedRungs rungs={rungs.slice(0, at)} target={target} words="panel.pairing.passed" />
        <li>
          <div class="step">
            <Icon name={isApproving ? "loading" : "bell-dot"} extra={isApproving ? "spin accent" : "accent"} />
            <span class="clip">
              <span class="what">{t("ladder.pairing", { target })}</span>
            </span>
            <span class="num">
              <Elapsed />
            </span>
          </div>
          <section class="fix" role="alert">
            <p>{t(overSsh ? "panel.pairing.overSsh" : "panel.pairing.onHost", { target })}</p>
            <dl class="facts">
              <dt>{t("panel.pairing.device")}</dt>
              <dd>{showUnseen(device)}</dd>
              <dt>{t("fact.requestId")}</dt>
              <dd class="mono">{showUnseen(requestId)}</dd>
              <dt>{t("panel.pairing.may")}</dt>
              <dd>{may}</dd>
            </dl>
            <div>
              <p class="small quiet">{t("panel.pairing.runs", { target })}</p>
              <p class="cmd">{showUnseen(command)}</p>
            </div>
            <div class="row-actions">
              {overSsh && (
                <button
                  type="button"
                  ref={first}
                  class="btn go"
                  disabled={isApproving}
                  onClick={() => post({ type: "approveDevice" })}
                >
                  {t("panel.pairing.approve")}
                </button>
              )}
              <button
                type="button"
                ref={overSsh ? null : first}
                class="btn"
                onClick={() => post({ type: "copy", text: command })}
              >
                {t("panel.pairing.copy")}
              </button>
            </div>
          </section>
        </li>
        <FoldedRungs rungs={rungs.slice(at + 1)} target={target} words="panel.pairing.toGo" />
      </ol>
    </div>
  );
}
