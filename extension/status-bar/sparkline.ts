const BARS = "▁▂▃▄▅▆▇█";

/** A difference below this many milliseconds is noise and must not look like a mountain. */
const LEAST_SPAN_MS = 20;

/** Round trips as block characters, so that a tooltip needs no image. */
export function sparkline(samples: readonly number[]): string {
  if (samples.length === 0) return "";
  const low = Math.min(...samples);
  const span = Math.max(Math.max(...samples) - low, LEAST_SPAN_MS);
  const bars = samples.map((ms) => BARS[Math.round(((ms - low) / span) * (BARS.length - 1))] ?? "");
  return bars.join("");
}

/** The value that `share` (0 to 1) of the samples do not exceed, by nearest rank; `undefined` without samples. */
export function percentile(samples: readonly number[], share: number): number | undefined {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
