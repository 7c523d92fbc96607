import { asArray, asNumber, asObject, asString } from "../../../protocol/gateway/json.ts";
import { formatDuration } from "../../../protocol/health/summary.ts";
import type { CommandResult } from "../command.ts";
import type { GatewayCommandInput } from "../gateway-command.ts";
import { alignedRows, plain } from "../table.ts";

const SHOWN_SESSIONS = 5;

/** `status`: what runs there, with which model, and the latest sessions. */
export async function status({ session, target, wish }: GatewayCommandInput): Promise<CommandResult> {
  const payload = await session.request("status", {}, { timeoutMs: wish.timeoutMs });
  const { hello } = session;
  return { payload, lines: () => statusLines(payload, { target: target.name, hello, now: Date.now() }) };
}

interface Around {
  readonly target: string;
  readonly hello: {
    readonly version: string;
    readonly uptimeMs: number;
    readonly role: string;
    readonly scopes: readonly string[];
  };
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Pure: a status payload for a person; tolerant of what a Gateway leaves out. */
export function statusLines(payload: unknown, { target, hello, now }: Around): string[] {
  const body = asObject(payload);
  const sessions = asObject(body["sessions"]);
  const memory = asNumber(asObject(body["processMemory"])["rssBytes"]);
  const recent = asArray(sessions["recent"]).slice(0, SHOWN_SESSIONS).map(asObject);
  const rows = alignedRows([
    [
      "Gateway",
      plain(`${asString(body["runtimeVersion"]) ?? hello.version} at ${target}, up ${formatDuration(hello.uptimeMs)}`),
    ],
    ["You", plain(`${hello.role}, ${hello.scopes.length} scopes`)],
    ["Model", plain(asString(asObject(sessions["defaults"])["model"]) ?? "none configured")],
    ["Reach", reachOf(asObject(body["gateway"]))],
    ["TLS", asString(asObject(asObject(body["gateway"])["tls"])["fingerprint"])],
    ["Memory", memory === undefined ? undefined : `${Math.round(memory / 1_048_576)} MB`],
    ["Process", asNumber(body["pid"])?.toString()],
    ["Sessions", asNumber(sessions["count"])?.toString()],
  ]);
  const lines = recent.map((row): readonly [string, string | undefined] => {
    const at = asNumber(row["updatedAt"]);
    return [`  ${plain(asString(row["key"]) ?? "?")}`, at === undefined ? "" : `${formatDuration(now - at)} ago`];
  });
  return [...rows, ...alignedRows(lines)];
}

/** Who can reach it, when it is not only this computer. */
function reachOf(gateway: Readonly<Record<string, unknown>>): string | undefined {
  const bind = asObject(gateway["bind"]);
  const tailscale = asObject(gateway["tailscale"]);
  const hosts = asArray(bind["hosts"]).flatMap((host) => asString(host) ?? []);
  const parts = [
    hosts.every((host) => host === "127.0.0.1")
      ? undefined
      : `${plain(asString(bind["mode"]) ?? "")} (${plain(hosts.join(", "))})`,
    asString(tailscale["url"]) ?? asString(tailscale["problem"]),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : plain(parts.join(", "));
}
