import type { ComponentChildren, VNode } from "preact";
import { useUi } from "../app/ui.ts";
import type { QuestionItem } from "../../protocol/chat/transcript.ts";
import { clock } from "../state/format.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon, IconButton } from "./icon.tsx";
import { pure } from "./pure.tsx";

/** What a person asked, as typed, and where it stands as long as that is not simply "sent". */
export const QuestionView = pure(({ question }: { question: QuestionItem }): VNode => {
  const { t, store } = useUi();
  return (
    <div class="turn">
      <div class="ask">
        <p dir="auto">{question.text}</p>
        {question.delivery !== "sent" && <Delivery question={question} />}
        <span class="acts">
          <CopyButton text={question.text} />
          <IconButton
            name="edit"
            label={t("panel.edit")}
            onClick={() => store.wish({ type: "replace", text: question.text })}
          />
        </span>
      </div>
    </div>
  );
});

function Delivery({ question }: { question: QuestionItem }): VNode {
  const { t, locale, store, post } = useUi();
  if (question.delivery === "waiting") {
    return <State icon="question">{t("panel.delivery.waiting", { time: clock(locale, question.at) })}</State>;
  }
  if (question.delivery === "queued") {
    const connected = store.panel.value?.connection.phase === "connected";
    return (
      <State icon="clockface">
        <span>{t(connected ? "panel.delivery.queuedRun" : "panel.delivery.queued")}</span>
        <Remove id={question.id} />
      </State>
    );
  }
  return (
    <State icon="error" extra="err">
      <span>
        {t("panel.delivery.failed")} {question.error}
      </span>
      {/* the same id: it is this question that is sent again, not another one */}
      <button
        type="button"
        class="lk"
        onClick={() => post({ type: "send", clientId: question.id, text: question.text })}
      >
        {t("panel.delivery.again")}
      </button>
      <Remove id={question.id} />
    </State>
  );
}

/** Takes back what has not gone out, or what was refused. */
function Remove({ id }: { id: string }): VNode {
  const { t, post } = useUi();
  return (
    <button type="button" class="lk" onClick={() => post({ type: "discard", id })}>
      {t("panel.delivery.remove")}
    </button>
  );
}

function State({ icon, extra = "", children }: { icon: string; extra?: string; children: ComponentChildren }): VNode {
  return (
    <p class="meta">
      <span class="state">
        <Icon name={icon} extra={`s12 ${extra}`.trimEnd()} />
        {children}
      </span>
    </p>
  );
}
