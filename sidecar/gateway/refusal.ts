import type { ErrorShape } from "./wire.ts";

/** Why somebody is not let in, and how the connection ends. */
export interface Refusal {
  readonly ok: false;
  readonly error: ErrorShape;
  readonly closeCode: number;
  readonly closeReason: string;
  /** A pairing request that somebody with the right scope should hear of. */
  readonly pending?: string;
}

/** A refusal in the words of the real Gateway: clients branch on them. */
export function refuse(
  message: string,
  details?: Readonly<Record<string, unknown>>,
  more: Partial<ErrorShape> = {},
): Refusal {
  const error: ErrorShape = {
    code: "INVALID_REQUEST",
    message,
    ...(details === undefined ? {} : { details }),
    ...more,
  };
  return { ok: false, error, closeCode: 1008, closeReason: message };
}

/** A program without a device that had nothing else to show. */
export function refuseNobody(): Refusal {
  return refuse("device identity required", { code: "DEVICE_IDENTITY_REQUIRED" }, { code: "NOT_PAIRED" });
}
