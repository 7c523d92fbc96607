import { type IncomingMessage, type ServerResponse, createServer } from "node:http";

/** How the stub answers. */
export interface StubModelOptions {
  /** Milliseconds before the first word and between chunks; 0 streams without a pause. */
  readonly delayMs?: number;
  /** Words a chunk. */
  readonly wordsPerChunk?: number;
  /** Replaces the answer to a question. */
  readonly answer?: (question: string) => string;
  /** Answers with this status and body instead of a stream. */
  readonly fail?: { readonly status: number; readonly body: string };
}

/** One request as the stub saw it. */
export interface StubRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly model: string;
  /** The last question of a person. */
  readonly question: string;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  /** A tool has answered since that question. */
  readonly hasResult: boolean;
  /** The client went away before the answer was whole. */
  isCancelled: boolean;
}

export interface StubModel {
  /** `http://127.0.0.1:PORT/v1` */
  readonly baseUrl: string;
  readonly requests: readonly StubRequest[];
  /** Changes how later requests are answered. */
  set(options: StubModelOptions): void;
  /** Lets a stream that `[hold]` stopped go on. */
  release(): void;
  close(): Promise<void>;
}

/**
 * An OpenAI-compatible model that never surprises. It answers `STUB-REPLY sum=N: echo QUESTION`, where N is a checksum of
 * the question. A question may steer it: `[slow N]` answers `slow0 … slowN-1` one word every 100 ms; `[hold]` sends
 * `held` and waits for `release()`; `[long N]` answers N numbered words at once; `[fail N]` answers with HTTP status N;
 * `[read PATH]` says `I look first.`, calls the tool `read`, and after its result says `Now I know.`
 */
export async function startStubModel(options: StubModelOptions = {}): Promise<StubModel> {
  let current = options;
  const requests: StubRequest[] = [];
  const held = new Set<() => void>();
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => reply(request, response, body))
      .catch(() => response.destroy());
  });

  async function reply(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const path = request.url ?? "";
    if (!path.endsWith("/chat/completions")) {
      response.writeHead(path.endsWith("/models") ? 200 : 404, { "content-type": "application/json" });
      response.end(path.endsWith("/models") ? '{"object":"list","data":[]}' : '{"error":{"message":"not found"}}');
      return;
    }
    const seen = parseRequest(path, request.headers.authorization, body);
    requests.push(seen);
    response.on("close", () => {
      seen.isCancelled = !response.writableFinished;
    });
    const script = scriptFor(seen, current);
    const failure = current.fail ?? script.fail;
    if (failure !== undefined) {
      response.writeHead(failure.status, { "content-type": "application/json" });
      response.end(failure.body);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    const send = (value: unknown): void => {
      response.write(`data: ${JSON.stringify(value)}\n\n`);
    };
    const id = `chatcmpl-stub-${requests.length}`;
    const chunk = (delta: object, finish: string | null = null): object => ({
      id,
      object: "chat.completion.chunk",
      created: 0,
      model: seen.model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    send(chunk({ role: "assistant", content: "" }));
    for (const [index, piece] of script.pieces.entries()) {
      if (script.delayMs > 0) await pause(script.delayMs);
      if (response.destroyed) return;
      send(chunk({ content: piece }));
      if (script.holdAfter === index) {
        await new Promise<void>((resolve) => {
          held.add(resolve);
          response.once("close", resolve);
        });
      }
    }
    if (script.call !== undefined)
      send(chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", ...script.call }] }));
    send(chunk({}, script.call === undefined ? "stop" : "tool_calls"));
    send({
      id,
      object: "chat.completion.chunk",
      created: 0,
      model: seen.model,
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
    response.end("data: [DONE]\n\n");
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The stub model has no port");
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    set(next) {
      current = next;
    },
    release() {
      for (const go of held) go();
      held.clear();
    },
    close() {
      for (const go of held) go();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Script {
  readonly pieces: readonly string[];
  readonly delayMs: number;
  readonly holdAfter?: number;
  readonly fail?: { readonly status: number; readonly body: string };
  /** Called after the pieces. */
  readonly call?: { readonly function: { readonly name: string; readonly arguments: string } };
}

function scriptFor({ question, hasResult }: StubRequest, options: StubModelOptions): Script {
  const delayMs = options.delayMs ?? 0;
  const slow = Number(/\[slow (\d+)\]/.exec(question)?.[1] ?? 0);
  if (slow > 0) return { pieces: numbered("slow", slow), delayMs: 100 };
  const long = Number(/\[long (\d+)\]/.exec(question)?.[1] ?? 0);
  if (long > 0) return { pieces: numbered("word", long), delayMs };
  const status = Number(/\[fail (\d+)\]/.exec(question)?.[1] ?? 0);
  if (status > 0)
    return { pieces: [], delayMs, fail: { status, body: `{"error":{"message":"stub failure ${status}"}}` } };
  const path = /\[read (\S+)\]/.exec(question)?.[1];
  if (path !== undefined) {
    const call = { function: { name: "read", arguments: JSON.stringify({ path }) } };
    const words = grouped(hasResult ? "Now I know." : "I look first.", 1);
    return { pieces: words, delayMs: 30, ...(hasResult ? {} : { call }) };
  }
  if (question.includes("[hold]")) return { pieces: ["held", " released"], delayMs, holdAfter: 0 };
  const text = options.answer?.(question) ?? `STUB-REPLY sum=${checksum(question)}: echo ${question}`;
  return { pieces: grouped(text, options.wordsPerChunk ?? 1), delayMs };
}

const numbered = (word: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${i === 0 ? "" : " "}${word}${i}`);

function grouped(text: string, words: number): string[] {
  const parts = text.match(/\s*\S+\s*?(?=\s|$)/g) ?? [text];
  const out: string[] = [];
  for (let index = 0; index < parts.length; index += words) out.push(parts.slice(index, index + words).join(""));
  return out;
}

/** FNV-1a, 32 bits: the same question has the same answer in every run. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The answer that the stub gives to a plain question. */
export const stubReply = (question: string): string => `STUB-REPLY sum=${checksum(question)}: echo ${question}`;

/**
 * OpenClaw appends what it knows about the run as further user messages, also after tool results. They are not what the
 * person asked; answering them would make the run go on for ever.
 */
const isRuntimeContext = (text: string): boolean => text.includes("OPENCLAW_INTERNAL_CONTEXT");

/** What OpenClaw puts around the person's own words: when, who asks, and on its last line what runs. */
const BEFORE_QUESTION =
  /^(?:\[\w{3} \d{4}-\d\d-\d\d \d\d:\d\d \w+\] )?(?:[^\n]*⟦openclaw:ctx⟧\n```json\n[\s\S]*?\n```\n\n)?/;
const AFTER_QUESTION = /(?:^|\n\n)Runtime: agent=[^\n]*$/;
const bare = (text: string): string => text.replace(BEFORE_QUESTION, "").replace(AFTER_QUESTION, "");

function parseRequest(path: string, authorization: string | undefined, body: string): StubRequest {
  const parsed = JSON.parse(body) as { model?: string; messages?: { role: string; content: unknown }[] };
  const messages = (parsed.messages ?? []).map(({ role, content }) => ({ role, text: flatten(content) }));
  const asked = messages.findLastIndex(
    ({ role, text }) => role === "user" && !isRuntimeContext(text) && bare(text) !== "",
  );
  const question = bare(messages[asked]?.text ?? "");
  const hasResult = messages.slice(asked + 1).some(({ role }) => role === "tool");
  return { path, authorization, model: parsed.model ?? "", question, messages, hasResult, isCancelled: false };
}

function flatten(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as { text?: string }[]).map((part) => part.text ?? "").join("");
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
