/** Something to stay under or over, as a ratio to another figure of the same run. */
export interface Bar {
  readonly against: "peer" | "limit";
  readonly most?: number;
  readonly least?: number;
  /** What keeps us from it, where that is known; told when it is not met. */
  readonly because?: string;
}

/** One measured thing. Figures are medians in one unit. */
export interface Row {
  readonly what: string;
  readonly unit: "ms" | "µs" | "KB" | "MB" | "/s" | "MB/s";
  readonly ours: number;
  /** Who does the same today; undefined when it is not installed here. */
  readonly peer?: { readonly name: string; readonly value: number } | undefined;
  /** What cannot be beaten. */
  readonly limit?: { readonly name: string; readonly value: number } | undefined;
  readonly bars: readonly Bar[];
  /** How often each side was measured: `ours 10, limit 10, peer 2`. */
  readonly runs: string;
}

/** A group of rows that are measured together. */
export interface Group {
  readonly name: string;
  measure(): Promise<readonly Row[]>;
}
