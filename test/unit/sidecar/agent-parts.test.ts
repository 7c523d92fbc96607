import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { turnsFor } from "../../../sidecar/agent/conversation.ts";
import { DeltaPacer } from "../../../sidecar/agent/delta-pacer.ts";
import { ModelCatalog } from "../../../sidecar/agent/model-catalog.ts";
import { explainProviderError } from "../../../sidecar/agent/provider-error.ts";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { canonicalSessionKey } from "../../../sidecar/gateway/session-keys.ts";
import { MethodError } from "../../../sidecar/gateway/wire.ts";
import type { StoredMessage } from "../../../sidecar/store/transcripts.ts";

const message = (...[seq, role, runId, text, more = {}]: [number, string, string, string, object?]): StoredMessage => ({
  id: `m${seq}`,
  sessionId: "s",
  seq,
  runId,
  role,
  body: { role, content: text, ...more },
  createdAt: seq,
});

describe("what a model is shown", () => {
  const run = { runId: "r", waiting: new Set<string>(), contextWindow: 1_000 };

  it("ends with the question, even when an answer was written after it", () => {
    const messages = [
      message(1, "user", "old", "first"),
      message(2, "user", "r", "second"),
      message(3, "assistant", "old", "answer to first"),
    ];
    expect(turnsFor(messages, run)).toEqual([
      { role: "user", text: "first" },
      { role: "assistant", text: "answer to first" },
      { role: "user", text: "second" },
    ]);
  });

  it("leaves out questions that wait for their own turn and what the Gateway said itself", () => {
    const messages = [
      message(1, "user", "help", "/help"),
      message(2, "assistant", "help", "commands", { model: "gateway-injected" }),
      message(3, "user", "r", "question"),
      message(4, "user", "later", "not yet"),
    ];
    expect(turnsFor(messages, { ...run, waiting: new Set(["later"]) })).toEqual([{ role: "user", text: "question" }]);
  });

  it("is the newest that fits the context window, and never less than the question", () => {
    const long = "x".repeat(900);
    const messages = [message(1, "user", "a", long), message(2, "assistant", "a", long), message(3, "user", "r", long)];
    expect(turnsFor(messages, { ...run, contextWindow: 1_000 })).toHaveLength(1);
    expect(turnsFor([message(1, "user", "r", "y".repeat(100_000))], run)).toHaveLength(1);
  });

  it("alternates and begins with a person, whatever the transcript holds", () => {
    const turn = fc.tuple(fc.constantFrom("user", "assistant"), fc.constantFrom("a", "b", "r"), fc.string());
    fc.assert(
      fc.property(fc.array(turn), (rows) => {
        const turns = turnsFor(
          rows.map(([role, runId, text], index) => message(index, role, runId, text)),
          run,
        );
        turns.forEach(({ role }, index) => expect(role).toBe(index % 2 === 0 ? "user" : "assistant"));
      }),
    );
  });
});

describe("the pacing of deltas", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("sends the first word at once and gathers the others", () => {
    const sent: string[] = [];
    const pacer = new DeltaPacer((delta) => sent.push(delta));
    for (const word of ["a", "b", "c"]) pacer.push(word);
    expect(sent).toEqual(["a"]);
    vi.advanceTimersByTime(40);
    expect(sent).toEqual(["a", "bc"]);
    pacer.push("d");
    pacer.flush();
    pacer.flush();
    expect(sent).toEqual(["a", "bc", "d"]);
    pacer.push("e");
    pacer.cancel();
    vi.advanceTimersByTime(1_000);
    expect(sent.join("")).toBe("abcd");
  });
});

describe("a session key", () => {
  it.each([
    ["main", "agent:main:main"],
    ["agent:main:main", "agent:main:main"],
    ["agent:MAIN:Work Notes", "agent:main:work notes"],
    [" My-Session ", "agent:main:my-session"],
    ["../../etc/passwd", "agent:main:../../etc/passwd"],
    ["'; DROP TABLE sessions; --", "agent:main:'; drop table sessions; --"],
    ["__proto__", "agent:main:__proto__"],
    ["agent:main:a:b", "agent:main:a:b"],
  ])("%s means %s", (raw, key) => {
    expect(canonicalSessionKey(raw)).toBe(key);
  });

  it.each([
    [""],
    ["   "],
    ["a\0b"],
    ["a\nb"],
    ["a\u202eb"],
    ["a\u200bb"],
    ["agent:main:"],
    ["agent:other:x"],
    ["x".repeat(513)],
    ["x".repeat(10_000_000)],
  ])("%.20j is refused", (raw) => {
    expect(() => canonicalSessionKey(raw)).toThrow(MethodError);
  });

  /** Every code point, also those that are no character. */
  const anyText = fc
    .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 40 })
    .map((points) => String.fromCodePoint(...points));

  it("is a fixed point: what it gives means itself", () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const key = canonicalOr(raw);
        return key === undefined || canonicalOr(key) === key;
      }),
    );
    expect(canonicalOr("\u1e9b\u0323")).toBe("agent:main:\u1e9b\u0323".normalize("NFC"));
  });

  const canonicalOr = (raw: string): string | undefined => {
    try {
      return canonicalSessionKey(raw);
    } catch (error) {
      if (error instanceof MethodError) return undefined;
      throw error;
    }
  };
});

describe("a provider that fails", () => {
  const catalog = new ModelCatalog(
    parseConfig(
      { models: { providers: { acme: { baseUrl: "https://api.acme.example/v1", models: [{ id: "big" }] } } } },
      "/c",
    ),
  );
  const model = catalog.primary();
  if (model === undefined) throw new Error("no model");
  const explain = (error: unknown) => explainProviderError(error, model, "sk-secret-key");

  it.each([
    [
      { statusCode: 401, message: "bad key sk-secret-key" },
      "unknown",
      /refused the API key \(401\); correct models\.providers\.acme\.apiKey/,
    ],
    [{ statusCode: 429, message: "slow down" }, "rate_limit", /limiting requests \(429: slow down\)/],
    [{ statusCode: 404, message: "no such model" }, "unknown", /does not know the model "big"/],
    [{ statusCode: 400, message: "maximum context length is 8192" }, "context_length", /too long for acme\/big/],
    [{ statusCode: 500, message: "oops" }, "unknown", /failed \(500: oops\)/],
    [{ lastError: { statusCode: 503, message: "busy" }, message: "retries" }, "unknown", /failed \(503: busy\)/],
    [
      { message: "fetch failed", cause: { code: "ECONNREFUSED", message: "connect ECONNREFUSED" } },
      "unknown",
      /cannot be reached at api\.acme\.example/,
    ],
    ["weird", "unknown", /broke off \(weird\)/],
  ])("is explained in one sentence: %j", (error, kind, sentence) => {
    const failure = explain(error);
    expect(failure).toMatchObject({ kind });
    expect(failure.message).toMatch(sentence);
    expect(failure.message).not.toContain("\n");
    expect(failure.message).not.toContain("sk-secret-key");
  });

  it("does not get a page of its own words through", () => {
    expect(explain({ statusCode: 500, message: "x".repeat(10_000) }).message.length).toBeLessThan(400);
  });
});

describe("the model catalogue", () => {
  const catalogOf = (config: unknown): ModelCatalog => new ModelCatalog(parseConfig(config, "/c"));
  const provider = (more: object) => ({
    models: { providers: { a: { baseUrl: "http://a/v1", models: [{ id: "x/y" }], ...more } } },
  });

  it("takes the only model there is when none is named", () => {
    expect(catalogOf(provider({})).primary()?.ref).toBe("a/x/y");
  });

  it("trusts the config about a model that its provider does not list", () => {
    const config = { ...provider({}), agents: { defaults: { model: "a/unlisted" } } };
    expect(catalogOf(config).choose(undefined)).toMatchObject({ ok: true, model: { entry: { id: "unlisted" } } });
  });

  it.each([
    [{ agents: { defaults: { model: "b/x" } } }, /has no provider "b" under models\.providers/],
    [provider({ api: "google-generative-ai" }), /speaks "google-generative-ai", which the sidecar does not/],
    [
      provider({ apiKey: "${SURELY_NOT_SET}" }),
      /API key of the provider "a" cannot be read: .*SURELY_NOT_SET is not set/,
    ],
    [provider({ apiKey: { source: "exec", id: "cmd" } }), /a secret from "exec" is not supported here/],
  ])("says why a model cannot be asked: %j", (config, why) => {
    const choice = catalogOf(config).choose(undefined);
    expect(choice.ok ? "" : choice.why).toMatch(why);
  });
});
