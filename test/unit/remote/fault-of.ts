import { expect } from "vitest";
import { translator } from "../../../protocol/l10n/translate.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";

/** The places of a failure's card (`{host}`) that nothing fills. The sentence stands in for a missing detail. */
function unfilledPlaces(error: ConnectError): string[] {
  const facts = Object.fromEntries(error.facts.map(({ label, value }) => [label, value]));
  const values = { detail: error.message, ...facts };
  const say = translator("en");
  const words = (["title", "why", "remedy"] as const).map((part) => say(`error.${error.code}.${part}`, values));
  return words.flatMap((text) => text.match(/\{\w+\}/g) ?? []);
}

/**
 * What a call or a promise fails with; the test fails when it succeeds, when it throws anything but a ConnectError, and when
 * the card that a person sees would have an empty place.
 */
export async function faultOf(work: (() => unknown) | Promise<unknown>): Promise<ConnectError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    expect(unfilledPlaces(error)).toEqual([]);
    return error;
  }
  return expect.fail("it was expected to fail");
}

export const factOf = (error: ConnectError, label: string): string | undefined =>
  error.facts.find((fact) => fact.label === label)?.value;

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * For property tests: true when a parser either takes the text (and what it made passes `isGood`), or refuses it with a
 * ConnectError that repeats no invisible character.
 */
export function takesOrRefuses<T>(parse: () => T, isGood: (value: T) => boolean): boolean {
  let value: T;
  try {
    value = parse();
  } catch (error) {
    if (!(error instanceof ConnectError)) return false;
    return ![error.message, ...error.facts.map((fact) => fact.value)].some((text) => INVISIBLE.test(text));
  }
  return isGood(value);
}
