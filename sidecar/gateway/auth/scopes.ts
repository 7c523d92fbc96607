/** What a connection may be: `operator` drives the Gateway, `node` does what operators ask of it. */
export const ROLES = ["operator", "node"] as const;
export type Role = (typeof ROLES)[number];

/** The scopes that methods ask for. Others may be granted and mean nothing. */
export type Scope = "operator.read" | "operator.write" | "operator.admin" | "operator.approvals" | "operator.pairing";

/** Whether `granted` covers `wanted`: admin covers every operator scope, write covers read. */
export function covers(granted: readonly string[], wanted: string): boolean {
  if (granted.includes(wanted)) return true;
  if (!wanted.startsWith("operator.")) return false;
  if (granted.includes("operator.admin")) return true;
  return wanted === "operator.read" && granted.includes("operator.write");
}

export function coversAll(granted: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => covers(granted, scope));
}

/** Both lists, each scope once, in the order of the first list and then of the second. */
export function union(first: readonly string[], second: readonly string[]): readonly string[] {
  return [...new Set([...first, ...second])];
}
