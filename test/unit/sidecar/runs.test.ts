import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModelCatalog } from "../../../sidecar/agent/model-catalog.ts";
import type { ModelPart, ModelRequest } from "../../../sidecar/agent/model-port.ts";
import { INTERRUPTED, Runs } from "../../../sidecar/agent/runs.ts";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { Store } from "../../../sidecar/store/store.ts";

/** A model whose every word the test says. */
class PuppetModel {
  readonly asked: ModelRequest[] = [];
  /** Streams that are over, however they ended. */
  ended = 0;
  #say: ((part: ModelPart | Error) => void)[] = [];

  async *stream(request: ModelRequest): AsyncGenerator<ModelPart> {
    this.asked.push(request);
    const queue: (ModelPart | Error)[] = [];
    let wake: () => void = () => undefined;
    this.#say.push((part) => {
      queue.push(part);
      wake();
    });
    request.signal.addEventListener("abort", () => wake());
    try {
      yield* this.#speak(queue, request.signal, (next) => (wake = next));
    } finally {
      this.ended += 1;
    }
  }

  async *#speak(
    queue: (ModelPart | Error)[],
    signal: AbortSignal,
    sleep: (wake: () => void) => void,
  ): AsyncGenerator<ModelPart> {
    for (;;) {
      if (signal.aborted) throw new Error("aborted");
      const part = queue.shift();
      if (part === undefined) await new Promise<void>(sleep);
      else if (part instanceof Error) throw part;
      else {
        yield part;
        if (part.type === "end") return;
      }
    }
  }

  say(run: number, text: string): void {
    this.#say[run]?.({ type: "text", text });
  }
  end(run: number): void {
    this.#say[run]?.({ type: "end", stopReason: "stop", usage: { input: 3, output: 4 }, responseId: "r" });
  }
  fail(run: number, error: Error): void {
    this.#say[run]?.(error);
  }
}

interface ChatPayload {
  readonly runId?: string;
  readonly state?: string;
  readonly deltaText?: string;
  readonly errorMessage?: string;
  readonly message?: { readonly content: readonly { readonly text: string }[] };
}

const KEY = "agent:main:test";
let folder: string;
let store: Store;
let model: PuppetModel;
let chat: ChatPayload[];
let runs: Runs;

function newRuns(config: unknown = CONFIG): Runs {
  return new Runs({
    store,
    catalog: new ModelCatalog(parseConfig(config, "/etc/openclaw.json")),
    loadModel: async () => (request) => model.stream(request),
    sink: { chat: (_key, payload) => void chat.push(payload), agent() {}, message() {}, changed() {} },
    systemPrompt: undefined,
  });
}

const CONFIG = {
  models: {
    providers: {
      p: { baseUrl: "http://127.0.0.1:1/v1", apiKey: "sk-very-secret", models: [{ id: "m" }, { id: "n" }] },
    },
  },
  agents: { defaults: { model: "p/m" } },
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidecar-runs-"));
  store = new Store(join(folder, "s.sqlite"));
  model = new PuppetModel();
  chat = [];
  runs = newRuns();
});
afterEach(async () => {
  await runs.stop(0);
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (runId: string, text = `question ${runId}`, sessionKey = KEY) =>
  runs.send({ sessionKey, runId, text, sender: undefined });
const states = (runId: string) => chat.filter((event) => event.runId === runId).map((event) => event.state);
const transcript = () => {
  const session = store.sessions.get(KEY);
  return session === undefined ? [] : store.transcripts.page(session.sessionId, 100, 0).map(({ body }) => body);
};
const asked = (count: number) => vi.waitFor(() => expect(model.asked).toHaveLength(count));
const over = (runId: string) => vi.waitFor(() => expect(["final", "aborted", "error"]).toContain(states(runId).at(-1)));

describe("a question", () => {
  it("is in the transcript before it is acknowledged", () => {
    expect(ask("a")).toBe("started");
    expect(transcript()).toMatchObject([{ role: "user", content: "question a", idempotencyKey: "a:user" }]);
  });

  it("is answered once, however often it is sent", async () => {
    expect(ask("a")).toBe("started");
    expect(ask("a")).toBe("in_flight");
    await asked(1);
    model.say(0, "yes");
    model.end(0);
    await over("a");
    expect(ask("a")).toBe("ok");
    expect(ask("a", "something else")).toBe("conflict");
    expect(ask("a", "question a", "agent:main:other")).toBe("conflict");
    expect(transcript()).toHaveLength(2);
  });

  it("waits for the one before it in its session, and sees its answer", async () => {
    ask("a");
    ask("b");
    await asked(1);
    expect(model.asked[0]?.turns.map(({ text }) => text)).toEqual(["question a"]);
    model.say(0, "answer a");
    model.end(0);
    await asked(2);
    expect(model.asked[1]?.turns).toEqual([
      { role: "user", text: "question a" },
      { role: "assistant", text: "answer a" },
      { role: "user", text: "question b" },
    ]);
  });

  it("is put to the model once when the one before it ends in the very moment in which it comes", async () => {
    ask("a");
    await asked(1);
    model.say(0, "answer a");
    model.end(0);
    ask("b");
    await asked(2);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(model.asked.map(({ turns }) => turns.at(-1)?.text)).toEqual(["question a", "question b"]);
    model.say(1, "answer b");
    model.end(1);
    await over("b");
    expect(chat.filter(({ runId }) => runId === "b").flatMap(({ deltaText }) => deltaText ?? [])).toEqual(["answer b"]);
  });

  it("does not wait for those of other sessions", async () => {
    ask("a");
    ask("b", "question b", "agent:main:other");
    await asked(2);
    expect(model.asked.map(({ turns }) => turns.at(-1)?.text)).toEqual(["question a", "question b"]);
  });

  it("beyond what may wait is refused, and is not in the transcript", () => {
    for (let index = 0; index < 32; index++) expect(ask(`q${index}`)).toBe("started");
    expect(ask("one too many")).toBe("busy");
    expect(transcript()).toHaveLength(32);
  });
});

describe("an answer", () => {
  it("comes as deltas that add up to the final text", async () => {
    ask("a");
    await asked(1);
    for (const word of ["one", " two", " three"]) model.say(0, word);
    model.end(0);
    await over("a");
    const deltas = chat.flatMap((event) => event.deltaText ?? []);
    expect(deltas.join("")).toBe("one two three");
    expect(chat.at(-1)?.message?.content[0]?.text).toBe("one two three");
    expect(transcript().at(-1)).toMatchObject({
      role: "assistant",
      provider: "p",
      model: "m",
      stopReason: "stop",
      usage: { totalTokens: 7 },
    });
  });

  it("that is aborted keeps what it had said, and later words change nothing", async () => {
    ask("a");
    await asked(1);
    model.say(0, "half");
    await vi.waitFor(() => expect(states("a")).toContain("delta"));
    expect(runs.abort(KEY, "a", "rpc")).toEqual(["a"]);
    model.say(0, " more");
    expect(runs.abort(KEY, "a", "rpc")).toEqual([]);
    expect(model.asked[0]?.signal.aborted).toBe(true);
    expect(states("a").at(-1)).toBe("aborted");
    expect(transcript().at(-1)).toMatchObject({
      content: [{ text: "half" }],
      openclawAbort: { aborted: true, origin: "rpc" },
    });
  });

  it("says nothing after it was aborted, not even what was already on its way", async () => {
    ask("a");
    await asked(1);
    model.say(0, "told");
    await vi.waitFor(() => expect(states("a")).toContain("delta"));
    // The first goes out at once, the second is gathered.
    for (const word of [" gone", " gathered"]) model.say(0, word);
    await new Promise((resolve) => setImmediate(resolve));
    runs.abort(KEY, "a", "rpc");
    await vi.waitFor(() => expect(model.ended).toBe(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(states("a").at(-1)).toBe("aborted");
  });

  it("that waits can be aborted without starting it", async () => {
    ask("a");
    ask("b");
    await asked(1);
    expect(runs.abort(KEY, undefined, "rpc")).toEqual(["b", "a"]);
    expect(model.asked).toHaveLength(1);
    expect(runs.active.size).toBe(0);
  });

  it("that the provider breaks off keeps its part and says why, without the API key", async () => {
    ask("a");
    await asked(1);
    model.say(0, "part");
    model.fail(0, new Error("upstream said sk-very-secret is bad"));
    await over("a");
    const event = chat.at(-1);
    expect(event).toMatchObject({ state: "error", errorKind: "unknown" });
    expect(event?.errorMessage).toMatch(/^The model provider "p" broke off/);
    expect(JSON.stringify([chat, transcript()])).not.toContain("sk-very-secret");
    expect(transcript().at(-1)).toMatchObject({ content: [{ text: "part" }], stopReason: "error" });
    expect(store.sessions.get(KEY)).toMatchObject({ status: "failed" });
  });

  it("without a model says how to set one", async () => {
    runs = newRuns({});
    ask("a");
    await over("a");
    expect(chat.at(-1)).toMatchObject({ state: "final" });
    expect(chat.at(-1)?.message?.content[0]?.text).toMatch(
      /No model is configured yet[\s\S]*\/etc\/openclaw\.json[\s\S]*primary/,
    );
  });

  it("does not come back into a session that was deleted while it was on its way", async () => {
    ask("a");
    await asked(1);
    store.sessions.remove(KEY);
    store.sessions.ensure(KEY, "main", 1);
    model.say(0, "late");
    model.end(0);
    await over("a");
    expect(transcript()).toEqual([]);
    expect(store.sessions.get(KEY)?.status).toBeUndefined();
  });

  it("has nowhere to go when its session was started over meanwhile", async () => {
    ask("a");
    await asked(1);
    runs.reset(KEY, "reset");
    model.say(0, "late");
    model.end(0);
    expect(transcript()).toEqual([]);
    expect(states("a").at(-1)).toBe("aborted");
  });
});

describe("a crash", () => {
  it("is told in the transcript, with what had been answered", async () => {
    ask("a");
    await asked(1);
    store.runs.checkpoint("a", "so far");
    // What a start after SIGKILL finds: the run is open in the ledger and in no memory.
    newRuns().recover(Date.now());
    expect(transcript()).toMatchObject([
      { role: "user", content: "question a" },
      { role: "assistant", content: [{ text: "so far" }], stopReason: "error", errorMessage: INTERRUPTED },
    ]);
    expect(store.runs.open()).toEqual([]);
    expect(newRuns().send({ sessionKey: KEY, runId: "a", text: "question a", sender: undefined })).toBe("ok");
  });
});

describe("a stop", () => {
  it("lets a running answer end, and takes no new question", async () => {
    ask("a");
    await asked(1);
    const stopped = runs.stop(5_000);
    expect(ask("b")).toBe("stopping");
    model.say(0, "done");
    model.end(0);
    await stopped;
    expect(transcript().at(-1)).toMatchObject({ content: [{ text: "done" }], stopReason: "stop" });
  });

  it("closes what is not done in time, honestly", async () => {
    ask("a");
    ask("b");
    await asked(1);
    await runs.stop(1);
    expect(model.asked).toHaveLength(1);
    expect(states("a").at(-1)).toBe("error");
    expect(transcript().filter((body) => body["errorMessage"] === INTERRUPTED)).toHaveLength(2);
  });
});

describe("a slash command", () => {
  const reply = () => chat.at(-1)?.message?.content[0]?.text;

  it.each([
    ["/help", /`\/new`/],
    ["/status", /agent:main:test/],
    ["/model", /`p\/m` \(in use\)/],
    ["/model nonsense`", /There is no model `nonsense'`/],
    ["/stop", /Nothing was running/],
  ])("%s is answered without a model", async (command, answer) => {
    ask("a", command);
    await over("a");
    expect(reply()).toMatch(answer);
    expect(model.asked).toHaveLength(0);
  });

  it("/model changes the model of this session only", async () => {
    ask("a", "/model n");
    await over("a");
    ask("b");
    ask("c", "question c", "agent:main:other");
    await asked(2);
    expect(model.asked.map(({ entry }) => entry.id)).toEqual(["n", "m"]);
  });

  it("/stop ends the running answer at once instead of waiting behind it", async () => {
    ask("a");
    await asked(1);
    ask("b", "/stop");
    await over("b");
    expect(states("a").at(-1)).toBe("aborted");
    expect(reply()).toBe("Stopped.");
  });

  it("/new starts over: the next question sees nothing of before", async () => {
    ask("a");
    await asked(1);
    model.say(0, "secret");
    model.end(0);
    await over("a");
    ask("b", "/new");
    await over("b");
    ask("c");
    await asked(2);
    expect(model.asked[1]?.turns).toEqual([{ role: "user", text: "question c" }]);
  });

  it("that nobody knows is a question", async () => {
    ask("a", "/etc/passwd is what?");
    await asked(1);
    expect(model.asked[0]?.turns).toEqual([{ role: "user", text: "/etc/passwd is what?" }]);
  });
});
