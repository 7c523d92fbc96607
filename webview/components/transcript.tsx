import type { JSX, VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { ChatItem } from "../../protocol/chat/transcript.ts";
import type { ScrollModel } from "../state/scroll-model.ts";
import { pastMoment } from "../state/format.ts";
import { firstAfter } from "../state/unread.ts";
import { Icon } from "./icon.tsx";
import { NoticeView } from "./notice-view.tsx";
import { QuestionView } from "./question-view.tsx";
import { RunView } from "./run-view.tsx";
import { useProseActions } from "./use-prose-actions.ts";
import { useRowKeys } from "./use-row-keys.ts";
import { useScroll } from "./use-scroll.ts";

/** The conversation. Only the rows near the viewport are in the document, however long it is. */
export function Transcript({ scroll }: { scroll: ScrollModel }): VNode {
  const { store, t, post } = useUi();
  const items = store.shownItems.value;
  const { hasEarlier } = store.transcript.value;
  const loading = store.loadingEarlier.value;
  void scroll.version.value;
  const layout = scroll.layout(items);
  const since = store.panel.value?.unreadSince;
  const firstNew = since === undefined ? -1 : firstAfter(items, since);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const loadEarlier = (): void => {
    if (!hasEarlier || store.loadingEarlier.peek()) return;
    store.loadingEarlier.value = true;
    post({ type: "loadEarlier" });
  };
  const before = useRef<HTMLDivElement>(null);
  const after = useRef<HTMLDivElement>(null);
  // Before anything is measured. Through the object model: a style attribute would need the policy to allow inline styles.
  useLayoutEffect(() => {
    before.current?.style.setProperty("block-size", `${layout.before}px`);
    after.current?.style.setProperty("block-size", `${layout.after}px`);
  }, [layout.before, layout.after]);
  const onScroll = useScroll({ scroll, scroller, rows, onTop: loadEarlier });
  const keys = useRowKeys(rows);
  const actions = useProseActions();
  return (
    <div class="scroll" ref={scroller} onScroll={onScroll}>
      {/* announced in whole sentences elsewhere: a log that reads every token is unusable */}
      <div class="log" role="log" aria-live="off" aria-label={t("panel.conversation")} {...keys} {...actions}>
        {hasEarlier && (
          <div class="earlier">
            {loading && <Icon name="loading" extra="spin accent" />}
            <button type="button" class="lk" aria-disabled={loading} onClick={loadEarlier}>
              {t(loading ? "panel.earlier.loading" : "panel.earlier.load")}
            </button>
          </div>
        )}
        <div ref={before} />
        <div ref={rows}>
          {items.slice(layout.start, layout.end).map((item, offset) => (
            <Row
              key={item.id}
              items={items}
              index={layout.start + offset}
              tabStop={layout.start + offset === layout.end - 1}
              since={layout.start + offset === firstNew ? since : undefined}
            />
          ))}
        </div>
        <div ref={after} />
      </div>
    </div>
  );
}

function Row({
  items,
  index,
  tabStop,
  since,
}: {
  items: readonly ChatItem[];
  index: number;
  tabStop: boolean;
  /** This is the first that was not on screen before; until when that was. */
  since: number | undefined;
}): JSX.Element | null {
  const { t, locale } = useUi();
  const item = items[index];
  if (item === undefined) return null;
  const follows = item.kind === "run" && items[index - 1]?.kind === "question";
  const label = t(item.kind === "question" ? "panel.you" : item.kind === "run" ? "panel.answer" : "panel.notice");
  return (
    <article
      class={`row${index === 0 ? " first" : ""}${follows ? " follows" : ""}`}
      data-id={item.id}
      data-last={index === items.length - 1 ? "" : undefined}
      tabIndex={tabStop ? 0 : -1}
      aria-label={label}
    >
      {since !== undefined && (
        <p class="since">{t("panel.since", { n: items.length - index, time: pastMoment(t, locale, since) })}</p>
      )}
      {item.kind === "question" && <QuestionView question={item} />}
      {item.kind === "run" && <RunView run={item} question={questionOf(items, index)} />}
      {item.kind === "notice" && <NoticeView notice={item} />}
    </article>
  );
}

function questionOf(items: readonly ChatItem[], index: number): string | undefined {
  const question = items.findLast((item, at) => at < index && item.kind === "question");
  return question?.text;
}
