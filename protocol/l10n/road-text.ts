import { type TextValues, fill } from "./fill.ts";
import type { Locale } from "./locale.ts";
import { errorText } from "./tables/errors.ts";
import { ladderText } from "./tables/ladder.ts";

/** What is said about the way to a Gateway: all that a program without a window needs. */
export const roadText = { ...errorText, ...ladderText } as const;

export type TranslateRoad = (key: keyof typeof roadText, values?: TextValues) => string;

/** As `translator`, without the words of the extension. */
export function roadTranslator(locale: Locale): TranslateRoad {
  return (key, values = {}) => fill(roadText[key][locale], values);
}
