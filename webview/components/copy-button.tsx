import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import { IconButton } from "./icon.tsx";

const DONE_MS = 1_200;

/** Copies through the host, since a webview without focus has no clipboard; a check says that it did. */
export function CopyButton({ text, label }: { text: string; label?: string }): VNode {
  const { post, t } = useUi();
  const [done, setDone] = useState(0);
  useEffect(() => {
    if (done === 0) return undefined;
    const timer = setTimeout(() => setDone(0), DONE_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = (): void => {
    post({ type: "copy", text });
    setDone((count) => count + 1);
  };
  return <IconButton name={done > 0 ? "check" : "copy"} label={label ?? t("panel.copy")} onClick={copy} />;
}
