import { usageError } from "../cli-error.ts";
import type { CommandResult } from "../command.ts";
import type { GatewayCommandInput } from "../gateway-command.ts";

const METHOD = /^[A-Za-z][\w.-]{0,127}$/;

/** `gateway call METHOD`: one request; the answer's payload is printed as JSON. */
export async function gatewayCall({ session, wish, args }: GatewayCommandInput): Promise<CommandResult> {
  const { method, params } = readCall(args);
  const payload = await session.request(method, params, { timeoutMs: wish.timeoutMs });
  return { payload, lines: () => [JSON.stringify(payload, null, 2) ?? "null"] };
}

/** @throws CliError USAGE: no method, more than one, or parameters that are no JSON object */
export function readCall(args: GatewayCommandInput["args"]): { method: string; params: unknown } {
  const [method, ...more] = args.positionals;
  if (method === undefined)
    throw usageError("gateway call needs a METHOD, for example: openclaw-sidecar gateway call health.");
  if (more.length > 0)
    throw usageError(
      `gateway call takes one METHOD; ${JSON.stringify(more[0])} is too much (parameters go into --params).`,
    );
  if (!METHOD.test(method))
    throw usageError(`${JSON.stringify(method)} is no method name; one looks like chat.history.`);
  return { method, params: readParams(args.options.get("params")) };
}

function readParams(text: string | undefined): unknown {
  if (text === undefined) return {};
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`--params is not JSON (${why}); write for example --params '{"limit":5}'.`);
  }
  if (typeof params === "object" && params !== null && !Array.isArray(params)) return params;
  throw usageError("--params must be a JSON object, for example '{\"limit\":5}'.");
}
