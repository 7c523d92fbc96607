import { isRecord } from "../json.ts";
import { redact } from "../../protocol/util/redact.ts";
import type { ResolvedModel } from "./model-catalog.ts";

/** Why a model did not answer: one sentence for a person, and the class of it that the wire knows. */
export interface RunFailure {
  readonly message: string;
  readonly kind: "refusal" | "timeout" | "rate_limit" | "context_length" | "unknown";
  readonly httpStatus?: number;
}

const MAX_DETAIL = 200;

/** Says what a provider failed with. Secrets that are known, and what looks like one, are taken out. */
export function explainProviderError(error: unknown, model: ResolvedModel, apiKey: string | undefined): RunFailure {
  const cause = rootOf(error);
  const httpStatus = isRecord(cause) && typeof cause["statusCode"] === "number" ? cause["statusCode"] : undefined;
  const detail = redact(messageOf(cause), apiKey === undefined ? [] : [apiKey])
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, MAX_DETAIL);
  const who = `The model provider "${model.provider.name}"`;
  const status = httpStatus === undefined ? {} : { httpStatus };
  if (httpStatus === 401 || httpStatus === 403) {
    return {
      ...status,
      kind: "unknown",
      message: `${who} refused the API key (${httpStatus}); correct models.providers.${model.provider.name}.apiKey on the Gateway host.`,
    };
  }
  if (httpStatus === 429)
    return {
      ...status,
      kind: "rate_limit",
      message: `${who} is limiting requests (429: ${detail}); wait a little and send again.`,
    };
  if (httpStatus === 404)
    return {
      ...status,
      kind: "unknown",
      message: `${who} does not know the model "${model.entry.id}" or its address is wrong (404: ${detail}).`,
    };
  if (/context.{0,12}(length|window)|too many tokens|maximum context/i.test(detail)) {
    return {
      ...status,
      kind: "context_length",
      message: `The conversation is too long for ${model.ref} (${detail}); start a new one with /new.`,
    };
  }
  if (httpStatus !== undefined)
    return { ...status, kind: "unknown", message: `${who} failed (${httpStatus}: ${detail}).` };
  if (isNetwork(cause, detail)) {
    return {
      kind: "unknown",
      message: `${who} cannot be reached at ${hostOf(model)} (${detail}); check that it runs and that its baseUrl is right.`,
    };
  }
  return { kind: "unknown", message: `${who} broke off (${detail === "" ? "no reason given" : detail}).` };
}

/** The SDK wraps a failure in the story of its retries; the last attempt is what went wrong. */
function rootOf(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5 && isRecord(current); depth++) {
    const next = current["lastError"] ?? (current["statusCode"] === undefined ? current["cause"] : undefined);
    if (next === undefined || next === null) return current;
    current = next;
  }
  return current;
}

function messageOf(cause: unknown): string {
  if (!isRecord(cause)) return String(cause);
  const { message, code } = cause;
  if (typeof message === "string" && message !== "") return message;
  return typeof code === "string" ? code : "unknown error";
}

const NETWORK =
  /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR|fetch failed|socket|getaddrinfo|connect/i;

function isNetwork(cause: unknown, detail: string): boolean {
  return NETWORK.test(detail) || (isRecord(cause) && typeof cause["code"] === "string" && NETWORK.test(cause["code"]));
}

function hostOf(model: ResolvedModel): string {
  const { baseUrl } = model.provider;
  return baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).host : "its default address";
}
