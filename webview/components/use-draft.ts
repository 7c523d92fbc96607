import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";

const KEEP_AFTER_MS = 300;

/** The text in the composer: the host's draft when a session opens, what is typed from then on, told to the host. */
export function useDraft(): readonly [string, (text: string) => void] {
  const { store, post } = useUi();
  const [text, setText] = useState(store.panel.peek()?.draft ?? "");
  const untold = useRef<{ readonly timer: ReturnType<typeof setTimeout>; readonly text: string } | undefined>(
    undefined,
  );

  const tell = useCallback(() => {
    if (untold.current === undefined) return;
    clearTimeout(untold.current.timer);
    post({ type: "draft", text: untold.current.text });
    untold.current = undefined;
  }, [post]);

  const change = useCallback(
    (next: string) => {
      setText(next);
      clearTimeout(untold.current?.timer);
      untold.current = { text: next, timer: setTimeout(tell, KEEP_AFTER_MS) };
    },
    [tell],
  );

  const sessionKey = store.panel.value?.sessionKey;
  const shownKey = useRef(sessionKey);
  useEffect(() => {
    if (shownKey.current === sessionKey) return;
    shownKey.current = sessionKey;
    clearTimeout(untold.current?.timer);
    untold.current = undefined;
    setText(store.panel.peek()?.draft ?? "");
  }, [sessionKey, store]);

  // In the layout phase, whose cleaning up is not put off: the panel may be closed or hidden at any moment.
  useLayoutEffect(() => {
    const wishes = store.onWish((wish) => {
      if (wish.type === "leave") tell();
    });
    document.addEventListener("visibilitychange", tell);
    window.addEventListener("blur", tell);
    document.addEventListener("focusout", tell);
    return () => {
      tell();
      wishes.dispose();
      document.removeEventListener("visibilitychange", tell);
      window.removeEventListener("blur", tell);
      document.removeEventListener("focusout", tell);
    };
  }, [store, tell]);

  return [text, change];
}
