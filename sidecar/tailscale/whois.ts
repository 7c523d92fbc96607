import { request } from "node:http";
import { isIPv6 } from "node:net";
import { isRecord } from "../json.ts";

/** Whose device an address of the tailnet is. */
export interface TailnetUser {
  /** As in `Tailscale-User-Login`: mostly a mail address. */
  readonly login: string;
}

const TIMEOUT_MS = 2_000;
const MAX_ANSWER_CHARS = 1_000_000;

/** Where the daemon of this system listens for local programs (`paths.DefaultTailscaledSocket` of Tailscale). */
export function tailscaledSocket(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = env["OPENCLAW_SIDECAR_TAILSCALED_SOCKET"];
  if (given !== undefined && given !== "") return given;
  if (process.platform === "win32") return String.raw`\\.\pipe\ProtectedPrefix\Administrators\Tailscale\tailscaled`;
  return process.platform === "linux" ? "/var/run/tailscale/tailscaled.sock" : "/var/run/tailscaled.socket";
}

/**
 * Asks the local daemon whose address this is. A tagged device is nobody's.
 * @returns undefined when it is no device of a person. Rejects when the daemon does not answer
 */
export async function whois(address: string, socketPath: string): Promise<TailnetUser | undefined> {
  const addrPort = isIPv6(address) ? `[${address}]:0` : `${address}:0`;
  const answer = await ask(`/localapi/v0/whois?addr=${encodeURIComponent(addrPort)}`, socketPath);
  if (answer === undefined) return undefined;
  const { Node: node, UserProfile: profile } = answer;
  const isTagged = isRecord(node) && Array.isArray(node["Tags"]) && node["Tags"].length > 0;
  const login = isRecord(profile) ? profile["LoginName"] : undefined;
  return isTagged || typeof login !== "string" || login.trim() === "" ? undefined : { login: login.trim() };
}

/** The daemon answers only to its own name. */
const LOCAL_API_HOST = "local-tailscaled.sock";

function ask(path: string, socketPath: string): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, path, agent: false, headers: { host: LOCAL_API_HOST } } as const;
    const asked = request({ ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > MAX_ANSWER_CHARS) response.destroy(new Error("tailscaled said too much"));
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 404) return resolve(undefined);
        if (response.statusCode !== 200) return reject(new Error(`tailscaled answered with ${response.statusCode}`));
        try {
          const value: unknown = JSON.parse(body);
          return resolve(isRecord(value) ? value : undefined);
        } catch (error) {
          return reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
