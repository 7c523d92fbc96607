import type { TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { CommandOption, MentionOption } from "../../protocol/webview/contract.ts";
import { type Asking, askingAt, fittingCommands, withMention } from "../state/suggest.ts";

export type Suggestion =
  | { readonly kind: "command"; readonly key: string; readonly command: CommandOption }
  | { readonly kind: "mention"; readonly key: string; readonly mention: MentionOption };

export interface SuggestionKeys {
  readonly options: readonly Suggestion[];
  readonly active: number;
  /** The caret may have moved: looks again at what is being typed. */
  readonly look: (text: string, caret: number) => void;
  /** True: the key was for the list. */
  readonly onKeyDown: (event: TargetedEvent<HTMLTextAreaElement, KeyboardEvent>) => boolean;
  readonly pick: (option: Suggestion) => void;
}

interface SuggestionParts {
  readonly text: string;
  /** Puts a text with the caret at a place. */
  readonly put: (text: string, caret: number) => void;
  /** Sends a whole command at once. */
  readonly send: (text: string) => void;
}

const NONE: readonly Suggestion[] = [];

/** `/` and `@` of the composer. Mentions come from the host; a late answer to what is no longer typed is dropped. */
export function useSuggestions({ text, put, send }: SuggestionParts): SuggestionKeys {
  const { store, post } = useUi();
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const [mentions, setMentions] = useState<{ query: string; options: readonly MentionOption[] } | undefined>(undefined);
  const [active, setActive] = useState(0);
  const [dismissed, setDismissed] = useState("");
  const picked = useRef<{ readonly id: string; readonly start: number; readonly query: string } | undefined>(undefined);
  const latest = useRef({ text, put });
  latest.current = { text, put };

  useEffect(() => {
    const wishes = store.onWish((wish) => {
      if (wish.type === "mentions") setMentions({ query: wish.query, options: wish.options });
      if (wish.type !== "mention" || wish.id !== picked.current?.id) return;
      const done = withMention(latest.current.text, picked.current, wish);
      picked.current = undefined;
      latest.current.put(done.text, done.caret);
    });
    return () => wishes.dispose();
  }, [store]);

  const asked = asking?.kind === "mention" ? asking.query : undefined;
  useEffect(() => {
    if (asked !== undefined) post({ type: "findMentions", query: asked });
  }, [asked, post]);

  const options = optionsFor(asking, store.commands.value, mentions);
  const isOpen = options.length > 0 && dismissed !== text;
  const shown = isOpen ? options : NONE;
  const chosen = Math.min(active, Math.max(0, shown.length - 1));

  const look = (next: string, caret: number): void => {
    const found = askingAt(next, caret);
    if (found?.kind !== asking?.kind || found?.query !== asking?.query) setActive(0);
    setAsking(found);
    if (next !== dismissed) setDismissed("");
  };

  const pick = (option: Suggestion): void => {
    if (option.kind === "mention") {
      if (asking?.kind !== "mention") return;
      picked.current = { id: option.mention.id, start: asking.start, query: asking.query };
      setDismissed(text);
      post({ type: "pickMention", id: option.mention.id });
      return;
    }
    const { name, acceptsArgs } = option.command;
    setAsking(undefined);
    if (acceptsArgs && text !== name) put(`${name} `, name.length + 1);
    else send(name);
  };

  const onKeyDown: SuggestionKeys["onKeyDown"] = (event) => {
    const option = shown[chosen];
    if (option === undefined || event.altKey || event.ctrlKey || event.metaKey) return false;
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move !== 0) setActive((chosen + move + shown.length) % shown.length);
    else if (event.key === "Escape") setDismissed(text);
    else if (event.key === "Tab" && !event.shiftKey && option.kind === "command") {
      setAsking(undefined);
      put(`${option.command.name} `, option.command.name.length + 1);
    } else if (event.key === "Tab" && !event.shiftKey) pick(option);
    else if (event.key === "Enter" && !event.shiftKey) pick(option);
    else return false;
    event.preventDefault();
    return true;
  };

  return { options: shown, active: chosen, look, onKeyDown, pick };
}

function optionsFor(
  asking: Asking | undefined,
  commands: readonly CommandOption[],
  mentions: { readonly query: string; readonly options: readonly MentionOption[] } | undefined,
): readonly Suggestion[] {
  if (asking?.kind === "command") {
    return fittingCommands(commands, asking.query).map((command) => ({ kind: "command", key: command.name, command }));
  }
  // The list of the letter before stays until the new one is there, so that nothing flickers.
  if (asking === undefined || mentions === undefined || !asking.query.startsWith(mentions.query)) return NONE;
  return mentions.options.map((mention) => ({ kind: "mention", key: mention.id, mention }));
}
