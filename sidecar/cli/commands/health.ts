import { asArray, asNumber, asObject, asString } from "../../../protocol/gateway/json.ts";
import { formatDuration } from "../../../protocol/health/summary.ts";
import type { CommandResult } from "../command.ts";
import type { GatewayCommandInput } from "../gateway-command.ts";
import { alignedRows, plain } from "../table.ts";

/** `health`: the Gateway's own snapshot. Not well (exit code 1) when it does not say `ok: true`. */
export async function health({ session, target, wish }: GatewayCommandInput): Promise<CommandResult> {
  const started = performance.now();
  const payload = await session.request("health", {}, { timeoutMs: wish.timeoutMs });
  const roundTripMs = performance.now() - started;
  const well = asObject(payload)["ok"] === true;
  return {
    payload,
    well,
    lines: () => healthLines(payload, { target: target.name, hello: session.hello, roundTripMs }),
  };
}

interface Around {
  readonly target: string;
  readonly hello: { readonly version: string; readonly uptimeMs: number };
  readonly roundTripMs: number;
}

/** Pure: a health payload for a person; tolerant of what a Gateway leaves out. */
export function healthLines(payload: unknown, { target, hello, roundTripMs }: Around): string[] {
  const body = asObject(payload);
  const sessions = asNumber(asObject(body["sessions"])["count"]);
  const channels = Object.keys(asObject(body["channels"]));
  const agents = asArray(body["agents"]).flatMap((agent) => asString(asObject(agent)["agentId"]) ?? []);
  const loop = asObject(body["eventLoop"]);
  const delay = asNumber(loop["delayP99Ms"]);
  return alignedRows([
    ["Gateway", plain(`${hello.version} at ${target}, up ${formatDuration(hello.uptimeMs)}`)],
    ["Health", `${body["ok"] === true ? "ok" : "NOT OK"} (${roundTripMs.toFixed(1)} ms)`],
    [
      "Event loop",
      delay === undefined ? undefined : `${loop["degraded"] === true ? "degraded, " : ""}p99 ${delay.toFixed(1)} ms`,
    ],
    ["Sessions", sessions?.toString()],
    ["Agents", agents.length === 0 ? undefined : plain(agents.join(", "))],
    ["Channels", channels.length === 0 ? "none" : plain(channels.join(", "))],
  ]);
}
