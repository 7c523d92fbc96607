/** Why the disk did not take something. */
export type StoreFault = "full" | "io" | "readonly" | "busy" | "damaged";

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const BY_CODE: ReadonlyMap<number, StoreFault> = new Map([
  [5, "busy"],
  [6, "busy"],
  [8, "readonly"],
  [10, "io"],
  [11, "damaged"],
  [13, "full"],
  [14, "io"],
  [26, "damaged"],
]);

const SENTENCES: Readonly<Record<StoreFault, string>> = {
  full: "the disk of the Gateway is full; nothing was saved",
  io: "the disk of the Gateway failed; nothing was saved",
  readonly: "the disk of the Gateway is read-only; nothing was saved",
  busy: "another program uses the store of the Gateway; nothing was saved",
  damaged: "the store of the Gateway is damaged; nothing was saved",
};

/** What a thrown error says about the disk; undefined when it is about something else. */
export function storeFaultOf(error: unknown): StoreFault | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  // The upper bytes of an extended code say more than anybody here needs.
  return BY_CODE.get(error.errcode & 0xff);
}

/** A fault in words for a client: what was asked for has not happened, and may be asked for again. */
export const faultSentence = (fault: StoreFault): string => SENTENCES[fault];
