import { isDeepStrictEqual } from "node:util";
import type { Json5Change, JsonValue } from "../../protocol/json5/edit.ts";
import { isRecord } from "../json.ts";

/**
 * The changes that a merge patch (RFC 7396) makes to a config: objects are merged, null removes, everything else replaces.
 * What would change nothing is left out.
 * @param replace paths, as `a.b`, whose object takes the place of the old one instead of being merged
 */
export function changesOf(patch: unknown, current: unknown, replace: ReadonlySet<string>): readonly Json5Change[] {
  return [...walk(patch, current, { path: [], replace })];
}

function* walk(
  patch: unknown,
  current: unknown,
  where: { readonly path: readonly string[]; readonly replace: ReadonlySet<string> },
): Generator<Json5Change> {
  const { path, replace } = where;
  const isMerged = isRecord(patch) && !replace.has(path.join("."));
  if (isMerged && (isRecord(current) || path.length === 0)) {
    const known = isRecord(current) ? current : {};
    for (const [key, value] of Object.entries(patch)) {
      yield* walk(value, Object.hasOwn(known, key) ? known[key] : undefined, { path: [...path, key], replace });
    }
    return;
  }
  const value = patch === null ? undefined : withoutNulls(patch);
  if (!isDeepStrictEqual(value, current)) yield { path, value };
}

/** A new object has nothing that a null could remove. */
function withoutNulls(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (isRecord(value)) {
    const entries = Object.entries(value).filter(([, child]) => child !== null);
    return Object.fromEntries(entries.map(([key, child]) => [key, withoutNulls(child)]));
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
