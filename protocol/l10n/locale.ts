export const LOCALES = ["en", "zh-cn"] as const;
export type Locale = (typeof LOCALES)[number];

/** The nearest locale that we speak, from a BCP 47 tag such as `vscode.env.language`. */
export function toLocale(tag: string): Locale {
  return /^zh\b(?!.*\b(?:hant|tw|hk|mo)\b)/i.test(tag) ? "zh-cn" : "en";
}
