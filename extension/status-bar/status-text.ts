import { needsPerson, severityOf } from "../../protocol/health/summary.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { Ladder } from "../../protocol/ladder/steps.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { clip } from "../chat/clip.ts";
import { factValues } from "../ui/fact-values.ts";
import { plainLabel } from "../ui/plain-text.ts";

export interface StatusText {
  /** With codicons, as a status bar item takes it. */
  readonly text: string;
  /** The same as one sentence, for a screen reader. */
  readonly spoken: string;
  readonly severity: "normal" | "warning" | "error";
}

const LONGEST_NAME = 24;

/** The Gateway in front, and those behind it. */
export type StatusView = LinkView & { readonly others?: readonly LinkView[] };

/**
 * Pure: the status bar item for one moment. `now` is milliseconds since the epoch. A Gateway behind that failed for good
 * and a way that wants a person are a mark on what the one in front says.
 */
export function statusText(view: StatusView, now: number, t: Translate): StatusText {
  const front = frontText(view, now, t);
  const behind = (view.others ?? []).filter(({ state }) => state.phase === "failed");
  const names = behind.map(({ profile }) => shortName(profile?.name ?? ""));
  if (view.state.phase === "connected")
    names.push(
      ...view.ways
        .filter(({ state }) => state === "refused")
        .map(({ path }) => clip(plainLabel(path), LONGEST_SENTENCE)),
    );
  if (names.length === 0) return front;
  const marks = names.map((name) => t("extension.status.behind", { name }));
  return { ...front, text: `${front.text} $(bell-dot)`, spoken: [front.spoken, ...marks].join(". ") };
}

function frontText(view: LinkView, now: number, t: Translate): StatusText {
  const { state } = view;
  const name = shortName(view.profile?.name ?? t("extension.product"));
  switch (state.phase) {
    case "disconnected":
      return item("$(plug) OpenClaw", t("extension.status.disconnected"));
    case "connecting": {
      if (view.approval !== undefined) {
        const sentence = t("extension.status.approval", { name });
        return item(`$(shield) ${sentence}`, sentence, "warning");
      }
      const step = runningStep(state.ladder, t);
      return item(`$(loading~spin) ${step}`, t("extension.status.connecting", { name, step }));
    }
    case "connected": {
      if (severityOf(state) === "warning")
        return item(
          `$(warning) ${t("extension.status.noHealth", { name })}`,
          t("extension.status.noHealth", { name }),
          "warning",
        );
      if (state.roundTripMs === undefined) return item(`$(pulse) ${name}`, t("extension.status.connected", { name }));
      const ms = Math.round(state.roundTripMs);
      return item(`$(pulse) ${name} ${ms} ms`, t("extension.status.connectedMs", { name, ms }));
    }
    case "waiting": {
      const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
      const values = { name, seconds, attempt: state.attempt };
      return item(`$(sync) ${t("extension.status.waiting", values)}`, t("extension.status.waitingSpoken", values));
    }
    case "failed": {
      const why = t(`error.${state.failure.code}.title`, factValues(state.failure));
      const sentence = clip(plainLabel(t("extension.status.failure", { name, why })), LONGEST_SENTENCE);
      return needsPerson(state)
        ? item(`$(shield) ${sentence}`, sentence, "warning")
        : item(`$(error) ${sentence}`, sentence, "error");
    }
  }
}

function runningStep(ladder: Ladder, t: Translate): string {
  // Where one has failed, a person is being asked what to do about it.
  const rung = (["running", "failed", "pending"] as const)
    .map((wanted) => ladder.find(({ status }) => status === wanted))
    .find((found) => found !== undefined);
  return rung === undefined ? t("extension.step.health") : t(`extension.step.${rung.step}`);
}

/** Cuts in the middle: the ends of a host name tell more than its centre. Takes out what would become an icon. */
function shortName(name: string): string {
  const plain = plainLabel(name);
  if (plain.length <= LONGEST_NAME) return plain;
  const half = (LONGEST_NAME - 1) / 2;
  return `${plain.slice(0, Math.ceil(half))}…${plain.slice(-Math.floor(half))}`;
}

/** Of a sentence in the status bar. */
const LONGEST_SENTENCE = 80;

const item = (text: string, spoken: string, severity: StatusText["severity"] = "normal"): StatusText => ({
  text,
  spoken,
  severity,
});
