import type { RefObject, TargetedEvent, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import { counted, pastMoment } from "../state/format.ts";
import { groupSessions } from "../state/sessions.ts";
import type { SessionAction, SessionOption } from "../../protocol/webview/contract.ts";
import { Icon } from "./icon.tsx";

const LIST_ID = "oc-sessions";

interface SessionsProps {
  readonly onClose: () => void;
  /** The button that opens and closes this; a click on it is not a click elsewhere. */
  readonly opener: RefObject<HTMLButtonElement | null>;
}

/** The session switcher: type to search, arrows and Enter to open. */
export function Sessions({ onClose, opener }: SessionsProps): VNode {
  const { store, t, post } = useUi();
  const panel = store.panel.value;
  const sessions = panel?.sessions ?? [];
  const [search, setSearch] = useState("");
  const { groups, leftOut } = groupSessions(sessions, search, Date.now());
  const flat = groups.flatMap((group) => group.sessions);
  const [chosen, setChosen] = useState(panel?.sessionKey);
  const active = flat.find((session) => session.key === chosen) ?? flat[0];
  const popover = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => {
    const onPress = (event: PointerEvent): void => {
      if (!(event.target instanceof Node)) return;
      if (!popover.current?.contains(event.target) && !opener.current?.contains(event.target)) onClose();
    };
    document.addEventListener("pointerdown", onPress);
    return () => document.removeEventListener("pointerdown", onPress);
  }, [onClose, opener]);
  useLayoutEffect(() => {
    popover.current?.querySelector(".is-on")?.scrollIntoView({ block: "nearest" });
  }, [active?.key]);
  const openSession = (key: string): void => {
    if (key !== panel?.sessionKey) post({ type: "selectSession", key });
    onClose();
  };
  const may = (action: SessionAction, { isMain }: SessionOption): boolean =>
    panel?.sessionActions.includes(action) === true && (action === "rename" || !isMain);
  const change = (action: "rename" | "archive" | "delete", session: SessionOption): void => {
    if (!may(action, session)) return;
    post({ type: `${action}Session`, key: session.key });
    // VS Code asks for the name and for the delete; what is archived just goes from the list.
    if (action !== "archive") onClose();
  };
  const onKeyDown = (event: TargetedEvent<HTMLElement, KeyboardEvent>): void => {
    if (event.isComposing) return;
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move !== 0 && !event.altKey) {
      setChosen(
        flat[Math.min(flat.length - 1, Math.max(0, (active === undefined ? 0 : flat.indexOf(active)) + move))]?.key,
      );
    } else if (event.key === "Enter" && active !== undefined) openSession(active.key);
    else if (event.key === "Escape" || event.key === "Tab") onClose();
    else if (event.key === "F2" && active !== undefined) change("rename", active);
    else if (event.key === "Delete" && search === "" && active !== undefined)
      change(event.shiftKey ? "delete" : "archive", active);
    else if (event.ctrlKey && event.key.toLowerCase() === "n") {
      post({ type: "newSession" });
      onClose();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="pop sessions" role="dialog" aria-label={t("panel.session.dialog")} ref={popover} onKeyDown={onKeyDown}>
      <div class="find">
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={t("panel.session.searchLabel")}
          aria-expanded="true"
          aria-controls={LIST_ID}
          aria-activedescendant={active && optionId(active.key)}
          placeholder={counted(t, "panel.session.search", sessions.length)}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <span />
      </div>
      {flat.length === 0 && search !== "" && <p class="opts none quiet">{t("panel.session.none", { text: search })}</p>}
      <div id={LIST_ID} class="list" role="listbox" aria-label={t("panel.session.dialog")}>
        {groups.map((group) => (
          <div key={group.name} role="group" aria-label={t(`panel.session.${group.name}`)}>
            <div class="group" aria-hidden="true">
              {t(`panel.session.${group.name}`)}
            </div>
            <div class="opts" role="presentation">
              {group.sessions.map((session) => (
                <Option
                  key={session.key}
                  session={session}
                  active={session === active}
                  current={session.key === panel?.sessionKey}
                  onOpen={openSession}
                  onRename={may("rename", session) ? () => change("rename", session) : undefined}
                  onArchive={may("archive", session) ? () => change("archive", session) : undefined}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
      {leftOut > 0 && <p class="group">{counted(t, "panel.session.more", leftOut)}</p>}
      <p class="hint">
        <span>
          <kbd>↵</kbd> {t("panel.session.hint.open")}
        </span>
        {active !== undefined && may("rename", active) && (
          <span>
            <kbd>F2</kbd> {t("panel.session.hint.rename")}
          </span>
        )}
        {active !== undefined && may("archive", active) && (
          <span>
            <kbd>Del</kbd> {t("panel.session.hint.archive")}
          </span>
        )}
        <span>
          <kbd>Ctrl+N</kbd> {t("panel.session.hint.new")}
        </span>
        <span>
          <kbd>Esc</kbd> {t("panel.session.hint.close")}
        </span>
      </p>
    </div>
  );
}

interface OptionProps {
  readonly session: SessionOption;
  readonly active: boolean;
  readonly current: boolean;
  readonly onOpen: (key: string) => void;
  readonly onRename: (() => void) | undefined;
  readonly onArchive: (() => void) | undefined;
}

function Option({ session, active, current, onOpen, onRename, onArchive }: OptionProps): VNode {
  const { t, locale } = useUi();
  const title = session.title || t("panel.session.new");
  return (
    <div
      id={optionId(session.key)}
      class={active ? "opt is-on" : "opt"}
      role="option"
      aria-selected={active}
      onClick={() => onOpen(session.key)}
    >
      <Mark session={session} current={current} />
      <span class="clip">
        {session.unread ? <strong>{title}</strong> : title}
        {session.unread && <span class="sr">, {t("panel.session.unread")}</span>}
      </span>
      <span class="end">
        <span class="quiet num">{session.updatedAt !== undefined && pastMoment(t, locale, session.updatedAt)}</span>
        {/* an option holds no buttons: with the keyboard it is F2 and Del, which the hint below names */}
        <span class="acts" aria-hidden="true">
          <MouseAction name="edit" label={t("panel.session.rename")} act={onRename} />
          <MouseAction name="archive" label={t("panel.session.archive")} act={onArchive} />
        </span>
      </span>
    </div>
  );
}

function MouseAction({
  name,
  label,
  act,
}: {
  name: string;
  label: string;
  act: (() => void) | undefined;
}): VNode | null {
  if (act === undefined) return null;
  const onClick = (event: MouseEvent): void => {
    event.stopPropagation();
    act();
  };
  return (
    <span class="ib" title={label} onClick={onClick}>
      <Icon name={name} />
    </span>
  );
}

function Mark({ session, current }: { session: SessionOption; current: boolean }): VNode {
  if (current) return <Icon name="check" />;
  if (session.running) return <Icon name="loading" extra="spin" />;
  return session.unread ? <span class="dot" /> : <span />;
}

function optionId(key: string): string {
  return `${LIST_ID}-${key}`;
}
