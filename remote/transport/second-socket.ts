import type { OpenContext } from "../../protocol/client/transport.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";

/** A second socket of one climb uses the connection of the first: what was passed stays passed, with its evidence. */
export function secondSocket(context: OpenContext): OpenContext {
  const { ladder } = context;
  const withoutSkips = new LadderReporter((event) => {
    if (event.type === "started") ladder.start(event.step, event.evidence);
    if (event.type === "passed") ladder.pass(event.step, event.evidence);
    if (event.type === "failed") ladder.fail(event.step);
  });
  return { ...context, ladder: withoutSkips };
}
