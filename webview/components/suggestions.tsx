import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { MentionOption } from "../../protocol/webview/contract.ts";
import { showUnseen } from "../markdown/escape.ts";
import { counted } from "../state/format.ts";
import { Icon } from "./icon.tsx";
import type { Suggestion } from "./use-suggestions.ts";

export const SUGGESTIONS_ID = "oc-suggestions";

interface SuggestionsProps {
  readonly options: readonly Suggestion[];
  readonly active: number;
  readonly onPick: (option: Suggestion) => void;
}

/** What can stand where the caret is: commands or mentions. The field keeps the focus and the keys. */
export function Suggestions({ options, active, onPick }: SuggestionsProps): VNode | null {
  const { t } = useUi();
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.querySelector(".is-on")?.scrollIntoView({ block: "nearest" });
  }, [active, options]);
  const [first] = options;
  if (first === undefined) return null;
  const label = t(first.kind === "command" ? "panel.suggest.commands" : "panel.suggest.mentions");
  return (
    <div class="pop above" ref={list}>
      <div id={SUGGESTIONS_ID} class="list opts" role="listbox" aria-label={label}>
        {options.map((option, index) => (
          <div
            key={option.key}
            id={suggestionId(index)}
            class={index === active ? "opt is-on" : "opt"}
            role="option"
            aria-selected={index === active}
            // The field must not lose the focus to a click.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(option)}
          >
            {option.kind === "command" ? (
              <>
                <Icon name="terminal" />
                <span class="clip">
                  {showUnseen(option.command.name)}
                  <span class="ev">{showUnseen(option.command.description)}</span>
                </span>
              </>
            ) : (
              <MentionRow mention={option.mention} />
            )}
            <span />
          </div>
        ))}
      </div>
      <p class="hint" aria-hidden="true">
        <span>
          <kbd>↵</kbd> {t("panel.suggest.hint.pick")}
        </span>
        <span>
          <kbd>Esc</kbd> {t("panel.session.hint.close")}
        </span>
      </p>
    </div>
  );
}

function MentionRow({ mention }: { mention: MentionOption }): VNode {
  const { t } = useUi();
  const { kind, label } = mention;
  if (kind === "problems") {
    return (
      <>
        <Icon name="warning" />
        <span class="clip">{counted(t, "panel.suggest.problems", Number(label))}</span>
      </>
    );
  }
  const slash = label.lastIndexOf("/");
  return (
    <>
      <Icon name={kind === "file" ? "file" : "list-selection"} />
      <span class="clip">
        {showUnseen(label.slice(slash + 1))}
        <span class="ev">
          {kind === "selection" ? t("panel.suggest.selection") : showUnseen(label.slice(0, slash))}
        </span>
      </span>
    </>
  );
}

export const suggestionId = (index: number): string => `${SUGGESTIONS_ID}-${index}`;
