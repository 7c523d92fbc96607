import { render } from "preact";
import { translator } from "../../../protocol/l10n/translate.ts";
import type { ChatItem } from "../../../protocol/chat/transcript.ts";
import { App } from "../../../webview/app/app.tsx";
import { renderBlock } from "../../../webview/markdown/render.ts";
import { toNodes } from "../../../webview/markdown/sanitize.ts";
import { PanelStore } from "../../../webview/state/panel-store.ts";
import "../../../webview/styles/panel.css";
import { connected } from "./panel-in-dom.tsx";

/** The page of `bench/webview.ts`: the panel, and the same work done plainly, on the same renderer. */
const t = translator("en");
const root = document.getElementById("app");
if (root === null) throw new Error("no root");

const PARAGRAPH = `Some words about **the matter** with \`code\` in them, a [link](https://example.org/x) and enough text to make a paragraph of it.

- first point with *stress*
- second point

`;
const CODE = `\`\`\`ts
export function delayFor(attempt: number): number {
  // doubles until a minute
  return Math.min(60_000, 1_000 * 2 ** attempt);
}
\`\`\`

`;
const TABLE = "| a | b | c |\n|---|--:|---|\n| 1 | 2 | three |\n| 4 | 5 | six |\n\n";
const PART = PARAGRAPH + CODE + PARAGRAPH + TABLE;

/** 2,000 deltas of 30 characters: 60 KB of markdown. */
const DELTAS = Array.from({ length: 2_000 }, (_, n) => text60k().slice(n * 30, n * 30 + 30));
const A_FRAME = 8;

function text60k(): string {
  return PART.repeat(Math.ceil(60_000 / PART.length)).slice(0, 60_000);
}

const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(done));

async function painted(): Promise<void> {
  await frame();
  await new Promise((done) => setTimeout(done));
}

function draw(markdown: string): DocumentFragment {
  return toNodes(renderBlock({ raw: markdown, links: {} }, "whole", t));
}

function plainLog(): { readonly scroll: HTMLElement; readonly log: HTMLElement } {
  root?.replaceChildren();
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  const log = document.createElement("div");
  log.className = "log";
  scroll.append(log);
  root?.append(scroll);
  return { scroll, log };
}

function panel(): PanelStore {
  root?.replaceChildren();
  const store = new PanelStore();
  if (root !== null)
    render(<App store={store} host={{ post() {}, onMessage: () => ({ dispose() {} }) }} root={root} />, root);
  return store;
}

function leave(): void {
  if (root !== null) render(null, root);
}

/** Runs through the deltas, some a frame. */
async function eachFrame(work: (deltas: readonly string[]) => void): Promise<void> {
  for (let at = 0; at < DELTAS.length; at += A_FRAME) {
    await frame();
    work(DELTAS.slice(at, at + A_FRAME));
  }
  await painted();
}

const runs = {
  /** The panel: every delta is a message of the host. */
  async streamPanel(): Promise<void> {
    const store = panel();
    store.receive({ type: "state", ...connected, running: true });
    const item: ChatItem = {
      kind: "run",
      id: "r",
      runId: "r",
      steps: [],
      text: "",
      status: "streaming",
      startedAt: Date.now(),
    };
    store.receive({
      type: "transcript",
      sessionKey: "main",
      patch: { type: "reset", items: [item], hasEarlier: false },
    });
    await eachFrame((deltas) => {
      for (const text of deltas)
        store.receive({ type: "transcript", sessionKey: "main", patch: { type: "append", id: "r", text } });
    });
    leave();
  },
  /** The whole answer anew once a frame. */
  async streamPlain(): Promise<void> {
    const { scroll, log } = plainLog();
    let text = "";
    await eachFrame((deltas) => {
      text += deltas.join("");
      log.replaceChildren(draw(text));
      scroll.scrollTop = scroll.scrollHeight;
    });
  },
  /** Frames that do nothing: what the browser itself costs. */
  async idle(): Promise<void> {
    await eachFrame(() => undefined);
  },
  async openPanel(): Promise<number> {
    const items = transcript();
    const store = panel();
    const began = performance.now();
    store.receive({ type: "state", ...connected });
    store.receive({ type: "transcript", sessionKey: "main", patch: { type: "reset", items, hasEarlier: false } });
    await painted();
    const took = performance.now() - began;
    leave();
    return took;
  },
  async openPlain(): Promise<number> {
    const items = transcript();
    const { scroll, log } = plainLog();
    const began = performance.now();
    for (const item of items) {
      const row = document.createElement("article");
      row.className = "row";
      row.append(item.kind === "run" ? draw(item.text) : item.text);
      log.append(row);
    }
    scroll.scrollTop = scroll.scrollHeight;
    await painted();
    return performance.now() - began;
  },
};

function transcript(): readonly ChatItem[] {
  return Array.from({ length: 2_500 }, (_, n): readonly ChatItem[] => [
    { kind: "question", id: `q${n}`, text: `Question number ${n}, in a few words?`, at: n, delivery: "sent" },
    {
      kind: "run",
      id: `r${n}`,
      runId: `r${n}`,
      steps: [],
      text: n % 5 === 0 ? PARAGRAPH + CODE : PARAGRAPH,
      status: "done",
      startedAt: n,
      endedAt: n,
    },
  ]).flat();
}

Object.assign(globalThis, { bench: runs });
