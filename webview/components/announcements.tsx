import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { RunItem } from "../../protocol/chat/transcript.ts";
import { SentenceAnnouncer } from "../state/announcer.ts";

/** Reads the answer that comes to a screen reader: whole sentences, never tokens. Draws nothing. */
export function Announcements(): VNode {
  const { store, t } = useUi();
  const [text, setText] = useState("");
  useEffect(() => {
    const announcer = new SentenceAnnouncer(setText, () => t("panel.code.announced"));
    let current: RunItem | undefined;
    const stop = store.shownItems.subscribe((items) => {
      const last = items.findLast((item) => item.kind === "run");
      const started = last?.status === "streaming" && last.id !== current?.id;
      if (started) announcer.start(current === undefined ? last.text : "");
      if (last === undefined || (!started && last.id !== current?.id)) {
        current = last;
        return;
      }
      if (last.status === "streaming") announcer.grow(last.text);
      else if (current?.status === "streaming") {
        announcer.finish(last.text, t(last.status === "done" ? "panel.announce.finished" : "panel.announce.stopped"));
      }
      current = last;
    });
    return () => {
      stop();
      announcer.dispose();
    };
  }, [store, t]);
  return (
    <p class="sr" role="status" aria-live="polite">
      {text}
    </p>
  );
}
