import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ALL_SCOPES, RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { type StubModel, startStubModel, stubReply } from "../../support/stub-model.ts";

interface Chat {
  readonly runId: string;
  readonly state: string;
  readonly deltaText?: string;
  readonly errorMessage?: string;
  readonly message?: { readonly content: readonly { readonly text: string }[] };
}
interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly text: string }[];
  readonly stopReason?: string;
  readonly errorMessage?: string;
}
interface History {
  readonly messages: readonly Message[];
  readonly inFlightRun?: { readonly runId: string; readonly text: string; readonly seq: number };
}

let folder: string;
let model: StubModel;
let sidecar: RunningSidecar;
const clients: RawGatewayClient[] = [];

async function connect(caps: readonly string[] = []): Promise<RawGatewayClient> {
  const client = await RawGatewayClient.open(sidecar.url);
  const hello = await client.hello(sidecar.token, {
    caps,
    identity: null,
    client: { id: "cli", mode: "cli" },
    scopes: ALL_SCOPES,
  });
  expect(hello.ok).toBe(true);
  clients.push(client);
  return client;
}

const start = (more: Readonly<Record<string, unknown>> = {}) =>
  startSidecar({ stateDir: join(folder, "state"), config: stubConfig(model.baseUrl, more) });

beforeAll(ensureSidecar);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidecar-chat-"));
  model = await startStubModel();
  sidecar = await start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await sidecar.stop();
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

const send = (client: RawGatewayClient, message: string, runId: string = randomUUID(), sessionKey = "test") =>
  client.call<{ runId: string; status: string }>("chat.send", { sessionKey, message, idempotencyKey: runId });
const reach = (client: RawGatewayClient, runId: string, state: string) =>
  client.event<Chat>("chat", (payload) => payload.runId === runId && payload.state === state);
const history = (client: RawGatewayClient) => client.call<History>("chat.history", { sessionKey: "test" });
const textOf = ({ content }: Message): string =>
  typeof content === "string" ? content : content.map(({ text }) => text).join("");

describe("a chat turn", () => {
  it("streams deltas that add up to the answer of the model", async () => {
    const client = await connect();
    const { runId, status } = await send(client, "hello wire one two three");
    expect(status).toBe("started");
    const final = await reach(client, runId, "final");
    const deltas = client
      .events<Chat>("chat", (event) => event.state === "delta")
      .map(({ payload }) => payload.deltaText);
    expect(deltas.join("")).toBe(stubReply("hello wire one two three"));
    expect(final.payload.message?.content[0]?.text).toBe(stubReply("hello wire one two three"));
    expect((await history(client)).messages.map(textOf)).toEqual([
      "hello wire one two three",
      stubReply("hello wire one two three"),
    ]);
  });

  it("gives the model the key of the config and the conversation so far", async () => {
    const client = await connect();
    for (const question of ["first", "second"]) await reach(client, (await send(client, question)).runId, "final");
    expect(model.requests.at(-1)).toMatchObject({
      authorization: "Bearer stub-key",
      model: "stub-1",
      question: "second",
    });
    expect(
      model.requests
        .at(-1)
        ?.messages.map(({ role, text }) => [role, text])
        .slice(1),
    ).toEqual([
      ["user", "first"],
      ["assistant", stubReply("first")],
      ["user", "second"],
    ]);
  });

  it("reaches every client that may read, and each counts its own frames without a gap", async () => {
    const [sender, listener] = await Promise.all([connect(), connect()]);
    const { runId } = await send(sender, "[long 300]");
    const [one, two] = await Promise.all([reach(sender, runId, "final"), reach(listener, runId, "final")]);
    expect(one.payload).toEqual(two.payload);
    for (const client of [sender, listener]) {
      const seqs = client.frames.flatMap((frame) =>
        frame.type === "event" && frame.seq !== undefined ? [frame.seq] : [],
      );
      expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
    }
  });

  it("tells transcript and index only those who asked for them", async () => {
    const [subscriber, other] = await Promise.all([connect(), connect()]);
    await subscriber.call("sessions.subscribe");
    await subscriber.call("sessions.messages.subscribe", { key: "test" });
    const { runId } = await send(other, "hi");
    await reach(other, runId, "final");
    await subscriber.event<{ phase?: string }>("sessions.changed", ({ phase }) => phase === "end");
    const roles = subscriber.events<{ message: Message }>("session.message").map(({ payload }) => payload.message.role);
    expect(roles).toEqual(["user", "assistant"]);
    expect(other.events("session.message")).toEqual([]);
    expect(other.events("sessions.changed")).toEqual([]);
    await subscriber.call("sessions.messages.unsubscribe", { key: "test" });
    const again = await send(other, "and again");
    await reach(subscriber, again.runId, "final");
    expect(subscriber.events("session.message")).toHaveLength(2);
  });

  it("keeps to its own sessions when a client wants only those", async () => {
    const scoped = await connect(["session-scoped-events"]);
    const other = await connect();
    await scoped.call("sessions.messages.subscribe", { key: "mine" });
    await reach(other, (await send(other, "not for you")).runId, "final");
    const mine = await send(other, "for you", randomUUID(), "mine");
    await reach(scoped, mine.runId, "final");
    expect(scoped.events<Chat>("chat").every(({ payload }) => payload.runId === mine.runId)).toBe(true);
  });

  it("goes on when the one who asked goes away, and can be picked up in the middle", async () => {
    const asker = await connect();
    const { runId } = await send(asker, "[hold]");
    await reach(asker, runId, "delta");
    await asker.close();
    const client = await connect();
    const { inFlightRun } = await history(client);
    expect(inFlightRun).toMatchObject({ runId, text: "held" });
    model.release();
    const final = await reach(client, runId, "final");
    const rest = client
      .events<Chat>("chat", (event) => event.state === "delta")
      .map(({ payload }) => payload.deltaText);
    expect(`${inFlightRun?.text}${rest.join("")}`).toBe("held released");
    expect(final.payload.message?.content[0]?.text).toBe("held released");
    expect((await history(client)).inFlightRun).toBeUndefined();
  });

  it("ends at the model too when it is stopped", async () => {
    const client = await connect();
    const { runId } = await send(client, "[hold]");
    await reach(client, runId, "delta");
    expect(await client.call("chat.abort", { sessionKey: "test", runId })).toEqual({
      ok: true,
      aborted: true,
      runIds: [runId],
    });
    await reach(client, runId, "aborted");
    await expect.poll(() => model.requests.at(-1)?.isCancelled).toBe(true);
    expect((await history(client)).messages.map(textOf)).toEqual(["[hold]", "held"]);
  });
});

describe("a kill in the middle of everything", () => {
  it("loses no question that was acknowledged", async () => {
    const client = await connect();
    const asked = Array.from({ length: 20 }, (_, index) => `question ${index}`);
    for (const question of asked) await send(client, question, `run-${question}`);
    await sidecar.kill("SIGKILL");
    sidecar = await start();
    const again = await connect();
    const { messages } = await history(again);
    expect(messages.filter(({ role }) => role === "user").map(textOf)).toEqual(asked);
    for (const question of asked)
      expect(await send(again, question, `run-${question}`)).toMatchObject({ status: "ok" });
  });

  it("closes the answer that it cut off: the part that came and that it is not all", async () => {
    const client = await connect();
    const { runId } = await send(client, "[slow 60]");
    // The first words are written down before they are told, later ones once a second.
    await reach(client, runId, "delta");
    await sidecar.kill("SIGKILL");
    sidecar = await start();
    const again = await connect();
    const page = await history(again);
    expect(page.inFlightRun).toBeUndefined();
    const [question, answer] = page.messages;
    expect(question).toMatchObject({ role: "user", content: "[slow 60]" });
    expect(answer).toMatchObject({
      stopReason: "error",
      errorMessage: "The Gateway stopped before this answer was complete.",
    });
    expect(answer === undefined ? "" : textOf(answer)).toMatch(/^slow0/);
    expect(await send(again, "[slow 60]", runId)).toMatchObject({ status: "ok" });
    await reach(again, (await send(again, "next")).runId, "final");
  });

  it("lets the running answer end first when it is asked to stop politely", async () => {
    const client = await connect();
    const { runId } = await send(client, "[slow 5]");
    await reach(client, runId, "delta");
    const code = sidecar.kill("SIGTERM");
    await reach(client, runId, "final");
    await client.event("shutdown");
    expect(await code).toBe(0);
  });
});

describe("a model that does not answer", () => {
  it.each([
    ["[fail 401]", /refused the API key \(401\)/],
    ["[fail 404]", /does not know the model "stub-1"/],
    ["[fail 400]", /failed \(400: stub failure 400\)/],
  ])("with %s is one sentence in the chat, without the key", async (question, sentence) => {
    const client = await connect();
    const { runId } = await send(client, question);
    const { payload } = await reach(client, runId, "error");
    expect(payload.errorMessage).toMatch(sentence);
    const { messages } = await history(client);
    expect(messages.at(-1)).toMatchObject({ stopReason: "error", errorMessage: payload.errorMessage });
    expect(JSON.stringify(client.frames)).not.toContain("stub-key");
    expect(sidecar.stderr()).not.toContain("stub-key");
  });

  it("because nobody listens there says where it looked", async () => {
    const client = await connect();
    const host = new URL(model.baseUrl).host;
    await model.close();
    const { runId } = await send(client, "hello");
    const { payload } = await client.event<Chat>("chat", (event) => event.runId === runId && event.state === "error", {
      timeoutMs: 20_000,
    });
    expect(payload.errorMessage).toMatch(new RegExp(`cannot be reached at ${host.replaceAll(".", "\\.")}`));
    model = await startStubModel();
  });

  it("because there is none is told how to get one", async () => {
    await sidecar.stop();
    sidecar = await start({ models: {}, agents: {} });
    const client = await connect();
    const { payload } = await reach(client, (await send(client, "hello")).runId, "final");
    expect(payload.message?.content[0]?.text).toMatch(/No model is configured yet[\s\S]*openclaw\.json/);
  });
});

describe("hostile input", () => {
  it("in session keys reaches no file and no other session", async () => {
    const client = await connect();
    const before = await readdir(join(folder, "state"));
    for (const key of ["../../../../tmp/evil", "'; DROP TABLE sessions; --", "__proto__", "constructor", "%2e%2e"]) {
      await reach(client, (await send(client, `for ${key}`, randomUUID(), key)).runId, "final");
      const page = await client.call<History>("chat.history", { sessionKey: key });
      expect(page.messages.map(textOf)).toEqual([`for ${key}`, stubReply(`for ${key}`)]);
    }
    expect(await readdir(join(folder, "state"))).toEqual(before);
    expect(await client.call("sessions.list")).toMatchObject({ totalCount: 5 });
  });

  it("of ten megabytes is refused or harmless, and the connection goes on", async () => {
    const client = await connect();
    const huge = "x".repeat(10_000_000);
    expect((await client.request("chat.history", { sessionKey: huge })).error).toMatchObject({
      code: "INVALID_REQUEST",
    });
    expect((await client.request(huge)).error?.message.length).toBeLessThan(300);
    const answer = await client.request("chat.send", { sessionKey: "test", message: huge, idempotencyKey: "h" });
    expect(answer.error?.message).toMatch(/message too long/);
    expect((await client.request("health")).ok).toBe(true);
  });

  it("does not end up in the log as it came", async () => {
    const client = await RawGatewayClient.open(sidecar.url);
    await client.hello("wrong-but-secret-looking", { auth: { token: "wrong-but-secret-looking" } });
    await client.closed;
    await expect.poll(() => sidecar.stderr()).toContain("refused from=127.0.0.1");
    expect(sidecar.stderr()).not.toContain("wrong-but-secret-looking");
    expect(await readFile(join(folder, "state", "runtime.json"), "utf8")).not.toContain(sidecar.token);
  });
});
