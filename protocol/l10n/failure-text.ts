import type { Failure } from "../errors/failure.ts";
import type { TranslateRoad } from "./road-text.ts";

export interface FailureText {
  readonly title: string;
  readonly why: string;
  readonly remedy: string;
}

/** The words of a failure for a person. A value that the failure does not know reads as `…`. */
export function failureText(t: TranslateRoad, failure: Failure): FailureText {
  const values = {
    detail: failure.message,
    ...Object.fromEntries(failure.facts.map(({ label, value }) => [label, value])),
  };
  const say = (part: "title" | "why" | "remedy") => t(`error.${failure.code}.${part}`, values).replace(/\{\w+\}/g, "…");
  return { title: say("title"), why: say("why"), remedy: say("remedy") };
}
