import type { Locale } from "./locale.ts";

/** One sentence in every language; `{name}` is a place for a value. */
export type Text = Readonly<Record<Locale, string>>;
export type TextTable = Readonly<Record<string, Text>>;

export type TextValues = Readonly<Record<string, string | number>>;

/** Puts values into their places. One that is missing stays visible as `{name}`. */
export function fill(text: string, values: TextValues): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : String(value);
  });
}
