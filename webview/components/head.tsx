import type { VNode } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { ScrollModel } from "../state/scroll-model.ts";
import { Icon } from "./icon.tsx";
import { Sessions } from "./sessions.tsx";

/** The row that we draw ourselves: which session this is, and whether another one has something new. */
export function Head({ scroll }: { scroll: ScrollModel }): VNode {
  const { store, t, post } = useUi();
  const panel = store.panel.value;
  const sessions = panel?.sessions ?? [];
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setOpen(false);
    button.current?.focus();
  }, []);
  const title = sessions.find((session) => session.key === panel?.sessionKey)?.title || t("panel.session.new");
  const unread = sessions.filter((session) => session.unread && session.key !== panel?.sessionKey);
  const next = unread[0];
  const count = unread.length > 99 ? "99+" : unread.length;
  return (
    <>
      <div class={scroll.scrolled.value && scroll.pinned.value === undefined ? "head scrolled" : "head"}>
        <h1 class="sr">{title}</h1>
        <button
          type="button"
          ref={button}
          class={open ? "tb is-open" : "tb"}
          aria-haspopup="dialog"
          aria-expanded={open}
          aria-label={t("panel.session.current", { title })}
          onClick={() => setOpen(!open)}
        >
          <span class="clip">{title}</span>
          <Icon name="chevron-down" extra="s12" />
        </button>
        {next !== undefined && (
          <button
            type="button"
            class="tb quiet"
            aria-label={t("panel.unread.go", { n: count })}
            onClick={() => post({ type: "selectSession", key: next.key })}
          >
            <span class="dot" />
            &nbsp;{t("panel.unread", { n: count })}
          </button>
        )}
      </div>
      {open && <Sessions onClose={close} opener={button} />}
    </>
  );
}
