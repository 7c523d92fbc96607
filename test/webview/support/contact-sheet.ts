import type { Browser } from "playwright-core";

const SHEET_PX = 2_000;

/** Pictures side by side with their names, for a person to look at in one go. */
export class ContactSheet {
  readonly #width: number;
  readonly #pictures: { readonly name: string; readonly png: Buffer }[] = [];

  /** @param width of one picture in CSS pixels */
  constructor(width: number) {
    this.#width = width;
  }

  add(name: string, png: Buffer): void {
    this.#pictures.push({ name, png });
  }

  async save(browser: Browser, path: string): Promise<void> {
    const figures = this.#pictures.map(
      ({ name, png }) =>
        `<figure><figcaption>${name}</figcaption><img width="${this.#width}" src="data:image/png;base64,${png.toString("base64")}"></figure>`,
    );
    const page = await browser.newPage({ viewport: { width: SHEET_PX, height: 800 } });
    await page.setContent(
      `<style>body{display:flex;flex-wrap:wrap;gap:8px;margin:8px;font:11px sans-serif;background:#888}figure{margin:0}</style>${figures.join("")}`,
    );
    await page.screenshot({ path, fullPage: true });
    await page.close();
  }
}
