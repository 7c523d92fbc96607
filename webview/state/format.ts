import type { Locale } from "../../protocol/l10n/locale.ts";
import type { TextKey, Translate } from "../../protocol/l10n/translate.ts";

type CountedKey<K = TextKey> = K extends `${infer Base}.one` ? Base : never;

/** A sentence with a number in it, in the singular or the plural. */
export function counted(
  t: Translate,
  key: CountedKey,
  n: number,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return t(n === 1 ? `${key}.one` : `${key}.many`, { ...values, n });
}

/** A span of milliseconds as short words: `12 ms`, `0.4 s`, `14 s`, `2 min`. */
export function duration(t: Translate, ms: number): string {
  const clean = Number.isFinite(ms) ? Math.max(0, ms) : 0;
  if (clean < 200) return t("panel.time.ms", { n: Math.round(clean) });
  if (clean < 9_950) return t("panel.time.s", { n: (clean / 1000).toFixed(1) });
  return wholeDuration(t, clean);
}

/** A span as a run shows it, always in seconds: `0.1 s`, `14 s`. */
export function stepDuration(t: Translate, ms: number): string {
  return ms < 9_950 ? t("panel.time.s", { n: (Math.max(0, ms) / 1000).toFixed(1) }) : wholeDuration(t, ms);
}

/** The same without parts of a second, for what ticks. */
export function wholeDuration(t: Translate, ms: number): string {
  const seconds = Number.isFinite(ms) ? Math.max(0, Math.round(ms / 1000)) : 0;
  if (seconds < 60) return t("panel.time.s", { n: seconds });
  if (seconds >= 600 || seconds % 60 === 0) return t("panel.time.min", { n: Math.floor(seconds / 60) });
  return t("panel.time.minS", { n: Math.floor(seconds / 60), s: seconds % 60 });
}

/** A number of tokens: `840`, `3.1k`, `42k` in English; `3,100`, `3.6 万` in Chinese. */
export function tokenCount(locale: Locale, n: number): string {
  if (locale === "zh-cn") return n >= 10_000 ? `${trim(n / 10_000)} 万` : n.toLocaleString("en-US");
  return n >= 1_000 ? `${n >= 10_000 ? Math.round(n / 1_000) : trim(n / 1_000)}k` : String(n);
}

function trim(n: number): string {
  return n.toFixed(1).replace(/^(\d{3,})\.\d$|\.0$/, "$1");
}

/** US dollars, with cents, or `<$0.01` for what is not nothing. */
export function cost(usd: number): string {
  return usd > 0 && usd < 0.005 ? "<$0.01" : `$${usd.toFixed(2)}`;
}

const tag = (locale: Locale): string => (locale === "zh-cn" ? "zh-CN" : "en-GB");

/** Hour and minute of a moment (milliseconds since the epoch), `14:02`. */
export function clock(locale: Locale, at: number): string {
  return new Intl.DateTimeFormat(tag(locale), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** A past moment as a list shows it: the time today, "Yesterday", a weekday within a week, else day and month. */
export function pastMoment(t: Translate, locale: Locale, at: number, now = Date.now()): string {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (days <= 0) return clock(locale, at);
  if (days === 1) return t("panel.time.yesterday");
  const format: Intl.DateTimeFormatOptions = days < 7 ? { weekday: "short" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(tag(locale), format).format(at);
}

export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
