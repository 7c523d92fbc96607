import { describe, expect, it } from "vitest";
import { ChatThread } from "../../../protocol/chat/chat-thread.ts";
import { applyPatch, emptyTranscript, type TranscriptView } from "../../../protocol/chat/transcript.ts";
import type { GatewayEvent } from "../../../protocol/client/gateway-session.ts";
import { GatewayRequestError } from "../../../protocol/client/request-error.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";

const KEY = "agent:main:main";

/** A Gateway in memory: what it persisted, what runs, and what it was asked. Only the wire is played. */
function fakeGateway() {
  const events = new Emitter<GatewayEvent>();
  const gateway = {
    rows: [] as Record<string, unknown>[],
    inFlight: undefined as { runId: string; text: string } | undefined,
    sends: [] as { message: string; idempotencyKey: string }[],
    saved: undefined as unknown,
    /** Replaces the answer to the next `chat.send`. */
    onSend: undefined as (() => unknown) | undefined,
    emit: (event: string, payload: Record<string, unknown>) =>
      events.fire({ event, payload: { sessionKey: KEY, ...payload } }),
    persist(role: "user" | "assistant", text: string, key: string) {
      const seq = gateway.rows.length + 1;
      const message =
        role === "user"
          ? { role, content: text, timestamp: seq, idempotencyKey: `${key}:user`, __openclaw: { id: `m${seq}`, seq } }
          : { role, content: [{ type: "text", text }], timestamp: seq, __openclaw: { id: `m${seq}`, seq, runId: key } };
      gateway.rows.push(message);
      return { message, messageId: `m${seq}`, messageSeq: seq };
    },
    async request(method: string, params: unknown): Promise<unknown> {
      await Promise.resolve();
      if (method === "chat.history") {
        const { offset = 0, limit } = params as { offset?: number; limit: number };
        const end = gateway.rows.length - offset;
        const start = Math.max(0, end - limit);
        return {
          messages: gateway.rows.slice(start, end),
          hasMore: start > 0,
          nextOffset: gateway.rows.length - start,
          ...(gateway.inFlight === undefined ? {} : { inFlightRun: gateway.inFlight }),
          sessionInfo: {
            hasActiveRun: gateway.inFlight !== undefined,
            activeRunIds: gateway.inFlight === undefined ? [] : [gateway.inFlight.runId],
          },
        };
      }
      if (method === "chat.send") {
        gateway.sends.push(params as { message: string; idempotencyKey: string });
        return gateway.onSend?.() ?? { status: "started" };
      }
      return {};
    },
    thread() {
      let ids = 0;
      const thread = new ChatThread({
        sessionKey: KEY,
        request: (method, params) => gateway.request(method, params) as never,
        onEvent: events.event,
        logger: silentLogger,
        storage: { load: () => gateway.saved, save: (entries) => (gateway.saved = structuredClone(entries)) },
        now: () => 1_000,
        newId: () => `k${(ids += 1)}`,
      });
      let view: TranscriptView = applyPatch(emptyTranscript, thread.snapshot());
      const patches: string[] = [];
      /** Whatever stood there at any moment. */
      const seen = new Set<string>();
      const texts = () => view.items.map((item) => `${item.kind}: ${item.text}`);
      thread.onPatch((patch) => {
        patches.push(patch.type);
        view = applyPatch(view, patch);
        for (const text of texts()) seen.add(text);
      });
      return {
        thread,
        patches,
        seen,
        texts,
        items: () => view.items,
      };
    },
  };
  return gateway;
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("a chat thread", () => {
  it("shows a question, streams its answer and keeps it when it is persisted", async () => {
    const gateway = fakeGateway();
    const { thread, patches, texts, items } = gateway.thread();
    await thread.connected();
    thread.send("hello");
    expect(texts()).toEqual(["question: hello"]);
    await settle();
    gateway.emit("session.message", gateway.persist("user", "hello", "k1"));
    gateway.emit("chat", { runId: "k1", seq: 1, state: "delta", deltaText: "Hi" });
    gateway.emit("chat", { runId: "k1", seq: 2, state: "delta", deltaText: " there" });
    expect(texts()).toEqual(["question: hello", "run: Hi there"]);
    expect(patches.at(-1)).toBe("append");
    gateway.emit("session.message", gateway.persist("assistant", "Hi there", "k1"));
    gateway.emit("chat", { runId: "k1", seq: 3, state: "final" });
    await settle();
    expect(texts()).toEqual(["question: hello", "run: Hi there"]);
    expect(items()[1]).toMatchObject({ status: "done" });
    expect(thread.running).toBe(false);
  });

  it("shows an answer once when it is persisted before the last of its deltas comes", async () => {
    const gateway = fakeGateway();
    const { thread, seen } = gateway.thread();
    await thread.connected();
    const delta = (seq: number, deltaText: string, text: string) =>
      gateway.emit("chat", {
        runId: "k1",
        seq,
        state: "delta",
        deltaText,
        message: { content: [{ type: "text", text }] },
      });
    delta(1, "hello", "hello");
    gateway.emit("session.message", gateway.persist("assistant", "hello from the model", "k1"));
    delta(2, " from the model", "hello from the model");
    gateway.emit("chat", { runId: "k1", seq: 3, state: "final" });
    expect([...seen]).toEqual(["run: hello", "run: hello from the model"]);
  });

  it("keeps the words before a tool in their place when the deltas tell the whole run and the rows its pieces", async () => {
    const gateway = fakeGateway();
    const { thread, texts, seen } = gateway.thread();
    await thread.connected();
    const chat = (seq: number, state: string, text: string) =>
      gateway.emit("chat", { runId: "k1", seq, state, message: { content: [{ type: "text", text }] } });
    chat(1, "delta", "I look first.");
    chat(2, "delta", "I look first.\n\nNow I");
    gateway.emit("session.message", gateway.persist("assistant", "Now I know.", "k1"));
    chat(3, "delta", "I look first.\n\nNow I know.");
    chat(4, "final", "I look first.\n\nNow I know.");
    const whole = "run: I look first.\n\nNow I know.";
    expect([...seen].filter((text) => !whole.startsWith(text))).toEqual([]);
    expect(texts()).toEqual([whole]);
  });

  it("takes the rows of one id in history for one message: what was said, and the tool that was called with it", async () => {
    const gateway = fakeGateway();
    const { thread, texts, items } = gateway.thread();
    gateway.persist("user", "where am I?", "k1");
    const part = (content: object) => ({
      role: "assistant",
      content: [content],
      timestamp: 2,
      __openclaw: { id: "m2", seq: 2, runId: "k1" },
    });
    gateway.rows.push(part({ type: "text", text: "I look first." }));
    gateway.rows.push(part({ type: "toolCall", id: "c1", name: "read", arguments: {} }));
    gateway.persist("assistant", "Now I know.", "k1");
    await thread.connected();
    expect(texts()).toEqual(["question: where am I?", "run: I look first.\n\nNow I know."]);
    expect(items()[1]).toMatchObject({ steps: [{ id: "c1", tool: "read" }] });
  });

  it("shows no answer where a run ended with none: its question went into another run", async () => {
    const gateway = fakeGateway();
    const { thread, texts } = gateway.thread();
    await thread.connected();
    thread.send("one more thing");
    await settle();
    gateway.emit("session.message", gateway.persist("user", "one more thing", "k1"));
    expect(texts()).toEqual(["question: one more thing", "run: "]);
    gateway.emit("chat", { runId: "k1", seq: 1, state: "final" });
    expect(texts()).toEqual(["question: one more thing"]);
    gateway.emit("session.message", gateway.persist("assistant", "\n\nThat as well.\n", "k2"));
    await settle();
    expect(texts()).toEqual(["question: one more thing", "run: That as well."]);
  });

  it("heals what a lost delta left out, from the whole text of the next one", async () => {
    const gateway = fakeGateway();
    const { thread, texts } = gateway.thread();
    await thread.connected();
    gateway.emit("chat", { runId: "r", seq: 1, state: "delta", deltaText: "one " });
    const message = { role: "assistant", content: [{ type: "text", text: "one two three" }] };
    gateway.emit("chat", { runId: "r", seq: 9, state: "delta", deltaText: "three", message });
    expect(texts()).toEqual(["run: one two three"]);
  });

  it("picks the running answer up after the link was lost, without a gap or a double", async () => {
    const gateway = fakeGateway();
    const { thread, texts } = gateway.thread();
    await thread.connected();
    thread.send("count");
    await settle();
    gateway.emit("session.message", gateway.persist("user", "count", "k1"));
    gateway.emit("chat", { runId: "k1", seq: 1, state: "delta", deltaText: "1 2 " });
    thread.disconnected();
    gateway.inFlight = { runId: "k1", text: "1 2 3 4 " };
    await thread.connected();
    gateway.emit("chat", { runId: "k1", seq: 7, state: "delta", deltaText: "5" });
    expect(texts()).toEqual(["question: count", "run: 1 2 3 4 5"]);
    expect(gateway.sends).toHaveLength(1);
  });

  it("shows the whole answer when the run ended while the link was down", async () => {
    const gateway = fakeGateway();
    const { thread, texts, items } = gateway.thread();
    await thread.connected();
    thread.send("count");
    await settle();
    gateway.emit("chat", { runId: "k1", seq: 1, state: "delta", deltaText: "1 2 " });
    thread.disconnected();
    gateway.persist("user", "count", "k1");
    gateway.persist("assistant", "1 2 3", "k1");
    await thread.connected();
    expect(texts()).toEqual(["question: count", "run: 1 2 3"]);
    expect(items()[1]).toMatchObject({ status: "done" });
  });

  it("sends again with the same key what was sent without an answer, and only once shown", async () => {
    const gateway = fakeGateway();
    const { thread, texts, items } = gateway.thread();
    await thread.connected();
    gateway.onSend = () => {
      throw new ConnectError("LINK_LOST", "gone");
    };
    thread.send("hello");
    await settle();
    expect(items()[0]).toMatchObject({ delivery: "waiting" });
    thread.disconnected();
    gateway.onSend = undefined;
    await thread.connected();
    await settle();
    expect(gateway.sends.map(({ idempotencyKey }) => idempotencyKey)).toEqual(["k1", "k1"]);
    expect(texts()[0]).toBe("question: hello");
  });

  it("does not send again what history shows to have arrived", async () => {
    const gateway = fakeGateway();
    const { thread, texts } = gateway.thread();
    await thread.connected();
    gateway.onSend = () => {
      throw new ConnectError("LINK_LOST", "gone");
    };
    thread.send("hello");
    await settle();
    gateway.persist("user", "hello", "k1");
    await thread.connected();
    await settle();
    expect(gateway.sends).toHaveLength(1);
    expect(texts()).toEqual(["question: hello"]);
  });

  it("keeps the order of what was written without a link, over a reload of the window", async () => {
    const gateway = fakeGateway();
    const before = gateway.thread();
    before.thread.send("first");
    before.thread.send("second");
    before.thread.dispose();
    const after = gateway.thread();
    expect(after.texts()).toEqual(["question: first", "question: second"]);
    expect(after.items()[0]).toMatchObject({ delivery: "queued" });
    await after.thread.connected();
    await settle();
    expect(gateway.sends.map(({ message }) => message)).toEqual(["first", "second"]);
  });

  it("says on the question why the Gateway refused it, and goes on with the next", async () => {
    const gateway = fakeGateway();
    const { thread, items } = gateway.thread();
    await thread.connected();
    let refusals = 0;
    gateway.onSend = () => {
      refusals += 1;
      if (refusals > 1) return { status: "started" };
      throw new GatewayRequestError("chat.send", {
        code: "INVALID_REQUEST",
        message: "too long",
        details: undefined,
        retryAfterMs: undefined,
      });
    };
    thread.send("one");
    thread.send("two");
    await settle();
    await settle();
    expect(items()[0]).toMatchObject({ delivery: "failed", error: "too long" });
    expect(gateway.sends.map(({ message }) => message)).toEqual(["one", "two"]);
  });

  it("keeps a row that came while history was being read", async () => {
    const gateway = fakeGateway();
    gateway.persist("user", "old", "a");
    const { thread, texts } = gateway.thread();
    const reading = thread.connected();
    await Promise.resolve();
    await Promise.resolve();
    const late = gateway.persist("user", "new", "b");
    gateway.emit("session.message", late);
    gateway.rows.pop();
    await reading;
    expect(texts()).toEqual(["question: old", "question: new"]);
  });

  it("loads older pages in front and says when there are no more", async () => {
    const gateway = fakeGateway();
    for (let n = 0; n < 450; n += 1) gateway.persist("user", `q${n}`, `x${n}`);
    const { thread, texts } = gateway.thread();
    await thread.connected();
    expect(texts()).toHaveLength(200);
    expect(thread.snapshot().hasEarlier).toBe(true);
    await thread.loadEarlier();
    await thread.loadEarlier();
    await thread.loadEarlier();
    expect(texts()).toHaveLength(450);
    expect(texts()[0]).toBe("question: q0");
    expect(thread.snapshot().hasEarlier).toBe(false);
  });

  it("shows tool steps of a run with their arguments, result and time", async () => {
    const gateway = fakeGateway();
    const { thread, items } = gateway.thread();
    await thread.connected();
    const tool = (data: Record<string, unknown>, ts: number) =>
      gateway.emit("agent", { runId: "r", stream: "tool", ts, data: { toolCallId: "c", name: "exec", ...data } });
    tool({ phase: "start", args: { command: "ls" } }, 10);
    tool({ phase: "result", isError: false, result: { content: [{ type: "text", text: "a.txt" }] } }, 60);
    expect(items()[0]).toMatchObject({ steps: [{ tool: "exec", result: "a.txt", status: "ok", ms: 50 }] });
  });

  it("takes no notice of other sessions and of malformed events", async () => {
    const gateway = fakeGateway();
    const { thread, texts } = gateway.thread();
    await thread.connected();
    gateway.emit("chat", { sessionKey: "agent:main:other", runId: "r", state: "delta", deltaText: "x" });
    gateway.emit("chat", { runId: 7, state: "delta", deltaText: {} });
    gateway.emit("session.message", { message: "no object" });
    gateway.emit("agent", { runId: "", stream: "tool", data: [] });
    expect(texts().filter((text) => text !== "run: ")).toEqual([]);
    thread.dispose();
  });

  it("patches only what changed when a row arrives", async () => {
    const gateway = fakeGateway();
    for (let n = 0; n < 50; n += 1) gateway.persist("user", `q${n}`, `x${n}`);
    const { thread, patches } = gateway.thread();
    await thread.connected();
    patches.length = 0;
    gateway.emit("session.message", gateway.persist("user", "one more", "y"));
    expect(patches).toEqual(["upsert"]);
  });
});
