import type { TargetedEvent, VNode } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { PanelState } from "../../protocol/webview/contract.ts";
import { Icon } from "./icon.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { SUGGESTIONS_ID, Suggestions, suggestionId } from "./suggestions.tsx";
import { useDraft } from "./use-draft.ts";
import { useHistoryKeys } from "./use-history-keys.ts";
import { useSuggestions } from "./use-suggestions.ts";

/** Where a person writes. The text stays until the host has taken it over. */
export function Composer(): VNode | null {
  const { store, t, post } = useUi();
  const panel = store.panel.value;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft();
  const sent = useRef<{ readonly clientId: string; readonly text: string } | undefined>(undefined);
  const onHistoryKey = useHistoryKeys(text, setText);
  const latest = useRef(text);
  latest.current = text;
  const caret = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (caret.current === undefined) return;
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [text]);
  const putAt = useCallback(
    (next: string, at: number) => {
      caret.current = at;
      setText(next);
      field.current?.focus();
    },
    [setText],
  );

  useEffect(() => {
    const put = (next: string): void => {
      setText(next);
      field.current?.focus();
    };
    const wishes = store.onWish((wish) => {
      if (wish.type === "focus") field.current?.focus();
      else if (wish.type === "insert")
        put(latest.current === "" ? wish.text : `${latest.current.trimEnd()}\n${wish.text}`);
      else if (wish.type === "replace") put(wish.text);
      else if (wish.type === "accepted" && wish.clientId === sent.current?.clientId) {
        // What was typed since stays.
        const rest = latest.current.startsWith(sent.current.text)
          ? latest.current.slice(sent.current.text.length)
          : latest.current;
        sent.current = undefined;
        setText(rest.trim() === "" ? "" : rest);
      }
    });
    if (document.hasFocus()) field.current?.focus();
    return () => wishes.dispose();
  }, [store, setText]);

  const send = (what: string): void => {
    if (what.trim() === "") return;
    if (what !== text) setText(what);
    // Enter twice before the host has answered sends one message, not two.
    if (sent.current?.text !== what) sent.current = { clientId: crypto.randomUUID(), text: what };
    post({ type: "send", clientId: sent.current.clientId, text: what.trim() });
  };
  const suggestions = useSuggestions({ text, put: putAt, send });
  if (panel === undefined) return null;
  const canSend = text.trim() !== "";
  const onKeyDown = (event: TargetedEvent<HTMLTextAreaElement, KeyboardEvent>): void => {
    // The Enter that ends a composition belongs to the input method (229: Safari and old Chromium tell it that way only).
    if (event.isComposing || event.keyCode === 229) return;
    if (suggestions.onKeyDown(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      send(text);
    } else if (event.key === "Escape" && text === "" && panel.running) {
      event.preventDefault();
      post({ type: "stop" });
    } else onHistoryKey(event);
  };
  const busy = panel.running;
  const isAsking = suggestions.options.length > 0;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send(text);
      }}
    >
      <Suggestions options={suggestions.options} active={suggestions.active} onPick={suggestions.pick} />
      <textarea
        ref={field}
        aria-label={t("panel.composer.label")}
        aria-autocomplete="list"
        aria-controls={isAsking ? SUGGESTIONS_ID : undefined}
        aria-activedescendant={isAsking ? suggestionId(suggestions.active) : undefined}
        rows={1}
        dir="auto"
        placeholder={placeholder(panel, t)}
        value={text}
        onInput={(event) => {
          const { value, selectionStart } = event.currentTarget;
          setText(value);
          suggestions.look(value, selectionStart);
        }}
        onKeyDown={onKeyDown}
        onSelect={(event) => suggestions.look(event.currentTarget.value, event.currentTarget.selectionStart)}
      />
      <div class="bar">
        <ModelPicker panel={panel} />
        <span class="grow" />
        {busy && (
          <button
            type="button"
            class="send stop"
            aria-label={t("panel.composer.stop")}
            title={t("panel.composer.stopTitle")}
            onClick={() => post({ type: "stop" })}
          >
            <Icon name="stop-circle" />
          </button>
        )}
        {(!busy || canSend) && (
          <button
            type="submit"
            class="send"
            disabled={!canSend}
            aria-label={t(busy ? "panel.composer.queue" : "panel.composer.send")}
            title={t(busy ? "panel.composer.queueTitle" : "panel.composer.sendTitle")}
          >
            <Icon name="arrow-up" />
          </button>
        )}
      </div>
    </form>
  );
}

function placeholder(panel: PanelState, t: Translate): string {
  if (panel.connection.phase !== "connected") return t("panel.composer.offline");
  return panel.hasModel ? t("panel.composer.ask", { gateway: panel.gatewayName }) : t("panel.composer.noModel");
}
