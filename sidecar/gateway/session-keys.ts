import { AGENT_ID } from "../agent/agent-id.ts";
import { invalid } from "./wire.ts";

const MAX_KEY_LENGTH = 512;
// Keys are only ever compared and bound as values, never used as paths or code; what is refused here is what no person
// could tell apart on a screen.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/**
 * The canonical form of a session key: `agent:main:NAME`, lower case. A bare name belongs to the main agent.
 * @throws MethodError when it is no key, or names an agent that is not here
 */
export function canonicalSessionKey(raw: string): string {
  if (raw.length > MAX_KEY_LENGTH) throw invalid(`session key too long: at most ${MAX_KEY_LENGTH} characters`);
  const key = raw.toLowerCase().normalize("NFC").trim();
  if (key === "" || UNPRINTABLE.test(key)) throw invalid("invalid session key: use printable characters");
  const parts = key.split(":");
  if (parts[0] !== "agent") return `agent:${AGENT_ID}:${key}`;
  const [, agentId = "", ...rest] = parts;
  if (agentId !== AGENT_ID) throw invalid(`unknown agent id "${agentId.slice(0, 64)}"`);
  if (rest.join(":") === "") throw invalid("invalid session key: the name after the agent is missing");
  return key;
}

/** @throws MethodError when a client asks for an agent that is not here */
export function requireAgent(agentId: string | undefined): void {
  if (agentId !== undefined && agentId.toLowerCase() !== AGENT_ID)
    throw invalid(`unknown agent id "${agentId.slice(0, 64)}"`);
}
