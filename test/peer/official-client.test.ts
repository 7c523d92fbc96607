import { randomUUID } from "node:crypto";
import { GatewayClient, type GatewayClientOptions } from "@openclaw/gateway-client";
import type { EventFrame, HelloOk } from "@openclaw/gateway-protocol/frame-guards";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";
import type { ChatPayload, HistoryPage } from "../support/wire-shapes.ts";

let gateway: RunningGateway;
const clients: GatewayClient[] = [];
beforeAll(async () => {
  gateway = await startSidecarGateway();
  return () => gateway.stop();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stopAndWait()));
});

/** The official client, started; resolves with the hello that it accepted. */
async function connect(
  options: Partial<GatewayClientOptions> = {},
): Promise<{ client: GatewayClient; hello: HelloOk }> {
  const accepted = Promise.withResolvers<HelloOk>();
  const client = new GatewayClient({
    url: gateway.url,
    token: gateway.token,
    minProtocol: 4,
    maxProtocol: 4,
    onHelloOk: accepted.resolve,
    onConnectError: accepted.reject,
    ...options,
  });
  clients.push(client);
  client.start();
  return { client, hello: await accepted.promise };
}

describe("the official @openclaw/gateway-client against the sidecar", () => {
  it("is let in with the shared token and keeps its scopes", async () => {
    const { hello } = await connect({ scopes: ["operator.read", "operator.write"] });
    expect(hello.protocol).toBe(4);
    expect(hello.auth?.scopes).toEqual(["operator.read", "operator.write"]);
  });

  it("reads health and status", async () => {
    const { client } = await connect();
    expect(await client.request("health", {})).toMatchObject({ ok: true });
    expect(await client.request("status", {})).toMatchObject({ sessions: { defaults: { model: "stub-1" } } });
  });

  it("chats: the answer streams in and is in the history", async () => {
    const events: EventFrame[] = [];
    const finished = Promise.withResolvers<ChatPayload>();
    const runId = randomUUID();
    const { client } = await connect({
      onEvent(event) {
        events.push(event);
        const payload = event.payload as ChatPayload;
        if (event.event === "chat" && payload.runId === runId && payload.state === "final") finished.resolve(payload);
      },
    });
    const sessionKey = `agent:main:official-${runId}`;
    const answer = await client.request("chat.send", { sessionKey, message: "hello official", idempotencyKey: runId });
    expect(answer).toEqual({ runId, status: "started" });
    const final = await finished.promise;
    const page = await client.request<HistoryPage>("chat.history", { sessionKey });
    expect(page.messages).toHaveLength(2);
    expect(page.messages[1]?.content).toEqual(final.message.content);
    const deltas = events.filter((event) => event.event === "chat" && (event.payload as ChatPayload).state === "delta");
    expect(deltas.length).toBeGreaterThan(0);
  });

  it("sees no gap in the event numbers", async () => {
    const gaps: unknown[] = [];
    const { client } = await connect({ onGap: (gap) => gaps.push(gap) });
    const other = await connect();
    const idempotencyKey = randomUUID();
    await other.client.request("chat.send", { sessionKey: "agent:main:gap", message: "[long 200]", idempotencyKey });
    await client.request("health", {});
    expect(gaps).toEqual([]);
  });

  it("is told what is wrong with its token, in the words that it understands", async () => {
    await expect(connect({ token: "wrong" })).rejects.toMatchObject({
      gatewayCode: "INVALID_REQUEST",
      details: { code: "AUTH_TOKEN_MISMATCH" },
    });
  });

  it("gets the Gateway's own error for an unknown method", async () => {
    const { client } = await connect();
    await expect(client.request("no.such", {})).rejects.toMatchObject({ message: "unknown method: no.such" });
  });
});
