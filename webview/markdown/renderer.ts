import { Renderer, type Tokens } from "marked";
import type { TextKey, Translate } from "../../protocol/l10n/translate.ts";
import { escapeHtml, escapeText, harmlessHtml } from "./escape.ts";
import { highlight } from "./highlight.ts";
import { linkTarget } from "./links.ts";

/** What the buttons of a code block ask for; read from `data-act` by the transcript. */
export type CodeAction = "copy" | "insert" | "newFile";

const CODE_ACTIONS: readonly { readonly act: CodeAction; readonly icon: string; readonly label: TextKey }[] = [
  { act: "copy", icon: "copy", label: "panel.code.copy" },
  { act: "insert", icon: "insert", label: "panel.code.insert" },
  { act: "newFile", icon: "new-file", label: "panel.code.newFile" },
];

/**
 * Markdown tokens → HTML of the design's components. A link carries its target as `data-href`: it is opened by a message
 * to the host and can never navigate. An image is a link to the image. Raw HTML is text, but for bare emphasis.
 */
export class PanelRenderer extends Renderer {
  readonly #t: Translate;
  readonly #colourUpTo: number;

  /** @param colourUpTo code with more characters stays plain */
  constructor(t: Translate, colourUpTo: number) {
    super();
    this.#t = t;
    this.#colourUpTo = colourUpTo;
  }

  override code({ text, lang }: Tokens.Code): string {
    const language = /^[\w+#.-]*/.exec(lang ?? "")?.[0] ?? "";
    const name = escapeHtml((lang ?? "").trim().slice(0, 80));
    const label = name === "" ? this.#t("panel.code.block") : this.#t("panel.code.language", { language: name });
    const buttons = CODE_ACTIONS.map(({ act, icon, label }) => {
      const words = escapeHtml(this.#t(label));
      return `<button type="button" class="ib" data-act="${act}" data-language="${escapeHtml(language)}" aria-label="${words}" title="${words}"><span class="codicon codicon-${icon}" aria-hidden="true"></span></button>`;
    }).join("");
    return (
      `<figure class="code"><figcaption><span class="clip">${name}</span>` +
      `<div class="tools" role="toolbar" aria-label="${escapeHtml(this.#t("panel.code.actions"))}">${buttons}</div></figcaption>` +
      `<pre tabindex="0" role="group" aria-label="${label}"><code>${text.length > this.#colourUpTo ? escapeHtml(text) : highlight(text, language.toLowerCase())}</code></pre></figure>`
    );
  }

  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return harmlessHtml(text);
  }

  override heading({ tokens, depth }: Tokens.Heading): string {
    const level = depth <= 2 ? 2 : 3;
    return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
  }

  override checkbox({ checked }: Tokens.Checkbox): string {
    const label = escapeHtml(this.#t(checked ? "panel.task.done" : "panel.task.open"));
    return `<span class="task" role="img" aria-label="${label}">${checked ? "☑" : "☐"}</span> `;
  }

  override table({ header, rows }: Tokens.Table): string {
    const head = header
      .map((cell) => `<th scope="col"${alignment(cell)}>${this.parser.parseInline(cell.tokens)}</th>`)
      .join("");
    const body = rows
      .map(
        (row) =>
          `<tr>${row.map((cell) => `<td${alignment(cell)}>${this.parser.parseInline(cell.tokens)}</td>`).join("")}</tr>`,
      )
      .join("");
    const label = escapeHtml(this.#t("panel.table"));
    return `<div class="tablewrap" tabindex="0" role="group" aria-label="${label}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
  }

  override codespan({ text }: Tokens.Codespan): string {
    return `<code>${escapeHtml(text)}</code>`;
  }

  override link({ href, tokens }: Tokens.Link): string {
    return anchor(href, this.parser.parseInline(tokens));
  }

  override image({ href, text }: Tokens.Image): string {
    const label = text === "" ? this.#t("panel.image.unnamed") : this.#t("panel.image", { alt: text });
    return anchor(href, escapeHtml(label));
  }

  override text(token: Tokens.Text | Tokens.Escape): string {
    return "tokens" in token && token.tokens !== undefined
      ? this.parser.parseInline(token.tokens)
      : escapeText(token.text);
  }
}

function anchor(href: string, html: string): string {
  const target = linkTarget(href);
  if (target === undefined) return html;
  // The title tells the true target: the words of a link can name another.
  return `<a role="link" tabindex="0" data-href="${escapeHtml(target)}" title="${escapeHtml(target)}">${html}</a>`;
}

function alignment(cell: Tokens.TableCell): string {
  return cell.align === "right" ? ' class="n"' : "";
}
