import { expect } from "vitest";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";

/** What a call or a promise fails with; the test fails when it succeeds or throws anything but a ConnectError. */
export async function faultOf(work: (() => unknown) | Promise<unknown>): Promise<ConnectError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
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
