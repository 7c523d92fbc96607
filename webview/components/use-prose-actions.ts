import type { TargetedEvent } from "preact";
import { useMemo } from "preact/hooks";
import { type Ui, useUi } from "../app/ui.ts";

interface ProseActions {
  readonly onClick: (event: TargetedEvent<HTMLElement, MouseEvent>) => void;
  readonly onAuxClick: (event: TargetedEvent<HTMLElement, MouseEvent>) => void;
  readonly onKeyPress: (event: TargetedEvent<HTMLElement, KeyboardEvent>) => void;
}

const DONE_MS = 1_200;

/** The links and code buttons of answers: their HTML carries only names, what they do is here. */
export function useProseActions(): ProseActions {
  const { post } = useUi();
  return useMemo(() => {
    const act = (event: Event): void => {
      if (!(event.target instanceof Element)) return;
      const link = event.target.closest<HTMLElement>("[data-href]");
      const button = event.target.closest<HTMLElement>("[data-act]");
      if (link?.dataset["href"] !== undefined) {
        event.preventDefault();
        post({ type: "openLink", href: link.dataset["href"] });
      } else if (button !== null) runCodeAction(button, post);
    };
    return {
      onClick: act,
      onAuxClick: (event) => {
        if (event.button === 1) act(event);
      },
      onKeyPress: (event) => {
        if (event.key === "Enter" && event.target instanceof Element && event.target.matches("[data-href]")) act(event);
      },
    };
  }, [post]);
}

function runCodeAction(button: HTMLElement, post: Ui["post"]): void {
  const text = button.closest("figure")?.querySelector("pre")?.textContent ?? "";
  const act = button.dataset["act"];
  if (act === "insert") post({ type: "insertAtCursor", text });
  else if (act === "newFile") post({ type: "newFile", text, language: button.dataset["language"] ?? "" });
  else if (act === "copy") {
    post({ type: "copy", text });
    showDone(button);
  }
}

function showDone(button: HTMLElement): void {
  const icon = button.firstElementChild;
  icon?.classList.replace("codicon-copy", "codicon-check");
  setTimeout(() => icon?.classList.replace("codicon-check", "codicon-copy"), DONE_MS);
}
