import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import { ScrollModel } from "../state/scroll-model.ts";
import { neighbour } from "../state/sessions.ts";
import { Announcements } from "./announcements.tsx";
import { Composer } from "./composer.tsx";
import { Head } from "./head.tsx";
import { Jump } from "./jump.tsx";
import { NoModel } from "./no-model.tsx";
import { Pin } from "./pin.tsx";
import { Strip } from "./strip.tsx";
import { Transcript } from "./transcript.tsx";
import { Usage } from "./usage.tsx";

/** One session: head, transcript, dock. */
export function Chat(): VNode {
  const { store, post } = useUi();
  const key = store.transcriptKey.value;
  const scroll = useMemo(() => new ScrollModel(), [key]);
  const panel = store.panel.value;
  const isEmpty = store.shownItems.value.length === 0;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const now = store.panel.peek();
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && now !== undefined) {
        const next = neighbour(now.sessions, now.sessionKey, event.key === "ArrowUp" ? -1 : 1);
        event.preventDefault();
        if (next !== undefined) post({ type: "selectSession", key: next });
      } else if (event.ctrlKey && event.key === "End") scroll.toEnd();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [store, post, scroll]);
  return (
    <>
      <Head scroll={scroll} />
      <Pin scroll={scroll} />
      {isEmpty && panel?.hasModel === false ? <NoModel /> : <Transcript key={key} scroll={scroll} />}
      <div class="dock">
        <Jump scroll={scroll} />
        <Strip />
        <Composer />
        <Usage />
      </div>
      <Announcements />
    </>
  );
}
