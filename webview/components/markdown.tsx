import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { type Block, BlockStream } from "../markdown/blocks.ts";
import { isTooCostly } from "../markdown/cost.ts";
import { renderBlock } from "../markdown/render.ts";
import { toNodes } from "../markdown/sanitize.ts";
import { pure } from "./pure.tsx";

const NO_LINKS = {};

/** An answer. While it grows only its last block is parsed and drawn anew; what is finished is never touched again. */
export function Markdown({ text, growing }: { text: string; growing: boolean }): VNode {
  const { t } = useUi();
  const stream = useRef<BlockStream | undefined>(undefined);
  if (growing || (stream.current === undefined && isTooCostly(text))) stream.current ??= new BlockStream();
  const blocks: readonly Block[] = stream.current?.update(text, growing ? "growing" : "whole") ?? [
    { key: 0, raw: text, links: NO_LINKS },
  ];
  return (
    <div class="prose">
      {blocks.map((block, index) => (
        <BlockView
          key={block.key}
          raw={block.raw}
          links={block.links}
          t={t}
          caret={growing && index === blocks.length - 1}
        />
      ))}
    </div>
  );
}

interface BlockProps {
  readonly raw: string;
  readonly links: Block["links"];
  readonly t: Translate;
  readonly caret: boolean;
}

const BlockView = pure(({ raw, links, t, caret }: BlockProps): VNode => {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (element.current === null) return;
    element.current.replaceChildren(toNodes(renderBlock({ raw, links }, caret ? "growing" : "whole", t)));
    if (caret) placeCaret(element.current);
  }, [raw, links, t, caret]);
  return <div ref={element} />;
});

/** Behind the last word, inside of whatever holds it. */
function placeCaret(block: HTMLElement): void {
  const caret = document.createElement("span");
  caret.className = "caret";
  const holders = block.querySelectorAll("p, li, h2, h3, td, th, pre > code");
  (holders[holders.length - 1] ?? block).append(caret);
}
