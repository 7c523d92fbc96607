import { asArray, asNumber, asObject, asString, isObject } from "../gateway/json.ts";

/** One row of a Gateway transcript, read tolerantly from `chat.history` or `session.message`. */
export interface MessageRow {
  readonly id: string;
  /** The Gateway's order within the session. */
  readonly seq: number;
  readonly role: "user" | "assistant" | "tool" | "other";
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** A question's send key, without the Gateway's `:user` suffix. */
  readonly sendKey: string | undefined;
  readonly runId: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly toolResult: ToolResult | undefined;
  readonly error: string | undefined;
  readonly totalTokens: number | undefined;
  readonly costUsd: number | undefined;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly text: string;
  readonly isError: boolean;
}

const USER_SUFFIX = ":user";

/**
 * Reads one message. A row that a Gateway did not number gets `fallbackSeq`.
 * @returns `undefined` for what is no message at all
 */
export function readMessageRow(message: unknown, fallback: { seq: number; id?: string }): MessageRow | undefined {
  if (!isObject(message)) return undefined;
  const meta = asObject(message["__openclaw"]);
  const role = readRole(asString(message["role"]));
  const seq = asNumber(meta["seq"]) ?? fallback.seq;
  const id = asString(meta["id"]) ?? fallback.id ?? `row-${seq}`;
  const key = asString(message["idempotencyKey"]) ?? asString(meta["idempotencyKey"]);
  const usage = asObject(message["usage"]);
  const stopReason = asString(message["stopReason"]);
  return {
    id,
    seq,
    role,
    text: readText(message["content"]) || (asString(message["text"]) ?? ""),
    at: asNumber(message["timestamp"]) ?? asNumber(meta["recordTimestampMs"]) ?? 0,
    sendKey: role === "user" ? key?.replace(/:user$/, "") : undefined,
    runId:
      asString(meta["runId"]) ??
      (role === "user" && key?.endsWith(USER_SUFFIX) === true ? key.slice(0, -USER_SUFFIX.length) : undefined),
    toolCalls: readToolCalls(message["content"]),
    toolResult: role === "tool" ? readToolResult(message) : undefined,
    error: stopReason === "error" ? (asString(message["errorMessage"]) ?? "") : undefined,
    totalTokens: asNumber(usage["totalTokens"]),
    costUsd: asNumber(asObject(usage["cost"])["total"]),
  };
}

/** The text of a message body: a string, or the `text` parts of a list. */
export function readText(content: unknown): string {
  if (typeof content === "string") return content;
  return asArray(content)
    .map((part) => asObject(part))
    .filter((part) => part["type"] === "text" || part["type"] === "output_text")
    .map((part) => asString(part["text"]) ?? "")
    .join("");
}

function readRole(role: string | undefined): MessageRow["role"] {
  if (role === "user" || role === "assistant") return role;
  return role === "tool" || role === "toolResult" ? "tool" : "other";
}

function readToolCalls(content: unknown): readonly ToolCall[] {
  return asArray(content).flatMap((value) => {
    const part = asObject(value);
    const id = asString(part["id"]);
    if (part["type"] !== "toolCall" || id === undefined) return [];
    return [{ id, name: asString(part["name"]) ?? "tool", args: part["arguments"] }];
  });
}

function readToolResult(message: Readonly<Record<string, unknown>>): ToolResult | undefined {
  const callId = asString(message["toolCallId"]) ?? asString(message["tool_call_id"]);
  if (callId === undefined) return undefined;
  return {
    callId,
    name: asString(message["toolName"]) ?? asString(message["name"]) ?? "tool",
    text: readText(message["content"]),
    isError: message["isError"] === true,
  };
}
