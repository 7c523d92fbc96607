import { type TextTable, type TextValues, fill } from "./fill.ts";
import type { Locale } from "./locale.ts";
import { roadText } from "./road-text.ts";
import { extensionText } from "./tables/extension.ts";
import { panelText } from "./tables/panel.ts";

const TEXTS = { ...roadText, ...panelText, ...extensionText } as const satisfies TextTable;

export type TextKey = keyof typeof TEXTS;
export type Translate = (key: TextKey, values?: TextValues) => string;

/** Makes the function that says things in one language. A value that is missing stays visible as `{name}`. */
export function translator(locale: Locale): Translate {
  return (key, values = {}) => fill(TEXTS[key][locale], values);
}

/** Every text, for tests. */
export const allTexts: TextTable = TEXTS;
