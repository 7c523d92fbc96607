import type { Fact } from "../../protocol/errors/connect-error.ts";

/** The facts of a failure as the values of its sentences. */
export function factValues(failure: { readonly facts: readonly Fact[] }): Readonly<Record<string, string>> {
  return Object.fromEntries(failure.facts.map(({ label, value }) => [label, value]));
}
