import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { type LanguageModel, streamText } from "ai";
import type { ModelPart, ModelRequest } from "./model-port.ts";

/** How often a request that failed before its first word is repeated. */
const MAX_RETRIES = 2;

/** Streams from any provider that the AI SDK speaks to. This module is heavy: import it only for a run. */
export async function* streamFromModel(request: ModelRequest): AsyncGenerator<ModelPart> {
  Reflect.set(globalThis, "AI_SDK_LOG_WARNINGS", false);
  const result = streamText({
    model: modelOf(request),
    system: request.system,
    messages: request.turns.map(({ role, text }) => ({ role, content: text })),
    abortSignal: request.signal,
    maxRetries: MAX_RETRIES,
    ...(request.entry.maxTokens === undefined ? {} : { maxOutputTokens: request.entry.maxTokens }),
    // Errors come through the stream; the default would print them.
    onError() {},
  });
  let responseId: string | undefined;
  for await (const part of result.fullStream) {
    // What is not named here (reasoning, sources, files) has no place in a transcript of text.
    if (part.type === "error") throw part.error;
    if (part.type === "finish-step") responseId = part.response.id;
    if (part.type === "text-delta" && part.text !== "") yield { type: "text", text: part.text };
    if (part.type === "finish") {
      const { inputTokens: input = 0, outputTokens: output = 0 } = part.totalUsage;
      yield { type: "end", stopReason: part.finishReason, usage: { input, output }, responseId };
    }
  }
}

function modelOf({ provider, entry, apiKey }: ModelRequest): LanguageModel {
  const { name, headers } = provider;
  const key = apiKey === undefined ? {} : { apiKey };
  if (provider.api === "anthropic-messages") {
    const base = provider.baseUrl === undefined ? {} : { baseURL: withVersion(provider.baseUrl) };
    return createAnthropic({ ...base, ...key, headers: { ...headers } })(entry.id);
  }
  return createOpenAICompatible({
    name,
    baseURL: (provider.baseUrl ?? "https://api.openai.com/v1").replace(/\/+$/, ""),
    headers: { ...headers },
    includeUsage: true,
    ...key,
  })(entry.id);
}

/** OpenClaw writes the Anthropic address without the version that the SDK wants in it. */
function withVersion(baseUrl: string): string {
  const trimmed = baseUrl.replace(/\/+$/, "");
  return /\/v\d+$/.test(trimmed) ? trimmed : `${trimmed}/v1`;
}
