import type { Locale } from "./locale.ts";
import { errorText } from "./tables/errors.ts";
import { extensionText } from "./tables/extension.ts";
import { ladderText } from "./tables/ladder.ts";
import { panelText } from "./tables/panel.ts";

/** One sentence in every language; `{name}` is a place for a value. */
export type Text = Readonly<Record<Locale, string>>;
export type TextTable = Readonly<Record<string, Text>>;

const TEXTS = { ...errorText, ...ladderText, ...panelText, ...extensionText } as const satisfies TextTable;

export type TextKey = keyof typeof TEXTS;
export type TextValues = Readonly<Record<string, string | number>>;
export type Translate = (key: TextKey, values?: TextValues) => string;

/** Makes the function that says things in one language. A value that is missing stays visible as `{name}`. */
export function translator(locale: Locale): Translate {
  return (key, values = {}) =>
    TEXTS[key][locale].replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values[name];
      return value === undefined ? place : String(value);
    });
}

/** Every text, for tests. */
export const allTexts: TextTable = TEXTS;
