/** A TCP port; anything else is none. */
export function portOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_535 ? value : undefined;
}
