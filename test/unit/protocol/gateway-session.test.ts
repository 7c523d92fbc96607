import { describe, expect, it } from "vitest";
import { openGatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { GatewaySocket, SocketHandlers } from "../../../protocol/client/socket.ts";
import { type LadderEvent, LadderReporter } from "../../../protocol/ladder/steps.ts";

const CHALLENGE = { type: "event", event: "connect.challenge", payload: { nonce: "n-1", ts: 1_000 } };
const HELLO = {
  type: "hello-ok",
  protocol: 4,
  server: { version: "2026.9.6", connId: "c" },
  features: { methods: ["health"], events: [] },
  auth: { method: "token", role: "operator", scopes: ["operator.read"], deviceToken: "dt-secret" },
};

/** The server's end of a socket pair in memory: `say` speaks, `heard` has what the client said. */
function socketPair() {
  let handlers: SocketHandlers | undefined;
  const early: string[] = [];
  const heard: Record<string, unknown>[] = [];
  let open = true;
  let answer: ((frame: Record<string, unknown>) => void) | undefined;
  const socket: GatewaySocket = {
    isOpen: () => open,
    send(data) {
      const frame = JSON.parse(data) as Record<string, unknown>;
      heard.push(frame);
      answer?.(frame);
    },
    close(code = 1005, reason = "") {
      if (!open) return;
      open = false;
      queueMicrotask(() => handlers?.close(code, reason));
    },
    listen(given) {
      handlers = given;
      for (const data of early.splice(0)) given.message(data);
    },
    ping: async () => 1,
  };
  const sayRaw = (data: string) => (handlers === undefined ? void early.push(data) : handlers.message(data));
  return {
    socket,
    heard,
    sayRaw,
    say: (frame: unknown) => sayRaw(JSON.stringify(frame)),
    drop: (code: number, reason = "") => {
      open = false;
      handlers?.close(code, reason);
    },
    onRequest: (listener: (frame: Record<string, unknown>) => void) => (answer = listener),
  };
}

function open(pair: ReturnType<typeof socketPair>, signal = new AbortController().signal) {
  const events: LadderEvent[] = [];
  const stored: unknown[] = [];
  const session = openGatewaySession({
    socket: pair.socket,
    client: { id: "gateway-client", mode: "ui", version: "1", platform: "linux" },
    role: "operator",
    scopes: ["operator.read"],
    caps: ["tool-events"],
    credential: { token: "t-secret" },
    identity: { deviceId: "ab".repeat(32), publicKey: "pk", sign: async (payload) => `signed(${payload.length})` },
    tokens: {
      load: async () => null,
      store: async (_key, value) => void stored.push(value),
      clear: async () => undefined,
    },
    ladder: new LadderReporter((event) => events.push(event)),
    signal,
  });
  return { session, events, stored };
}

describe("a handshake with a Gateway", () => {
  it("answers the challenge with a signed connect, keeps the device token and climbs to the scopes", async () => {
    const pair = socketPair();
    pair.onRequest(({ id }) => pair.say({ type: "res", id, ok: true, payload: HELLO }));
    pair.say(CHALLENGE);
    const { session, events, stored } = open(pair);
    const { hello } = await session;
    expect(hello).toMatchObject({ version: "2026.9.6", scopes: ["operator.read"], maxPayload: 26_214_400 });
    expect(pair.heard[0]).toMatchObject({
      method: "connect",
      params: {
        minProtocol: 4,
        maxProtocol: 4,
        auth: { token: "t-secret" },
        device: { nonce: "n-1", signedAt: 1_000 },
      },
    });
    expect(stored).toEqual([{ token: "dt-secret", scopes: ["operator.read"] }]);
    const passed = events.filter(({ type }) => type === "passed").map(({ step }) => step);
    expect(passed).toEqual(["protocol", "credential", "pairing", "scopes"]);
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it.each([
    ["AUTH_TOKEN_MISMATCH", "CREDENTIAL_WRONG"],
    ["AUTH_TOKEN_MISSING", "CREDENTIAL_MISSING"],
    ["AUTH_RATE_LIMITED", "RATE_LIMITED"],
    ["PROTOCOL_MISMATCH", "PROTOCOL_MISMATCH"],
    ["PAIRING_REQUIRED", "PAIRING_REQUIRED"],
    ["DEVICE_AUTH_SIGNATURE_INVALID", "DEVICE_REFUSED"],
    ["SOMETHING_NEW", "GATEWAY_REFUSED"],
  ])("turns the refusal %s into %s", async (detail, code) => {
    const pair = socketPair();
    pair.onRequest(({ id }) =>
      pair.say({
        type: "res",
        id,
        ok: false,
        error: { code: "INVALID_REQUEST", message: "no", details: { code: detail } },
      }),
    );
    pair.say(CHALLENGE);
    await expect(open(pair).session).rejects.toMatchObject({ code });
  });

  it("knows a Gateway before protocol 4 by what it says that it speaks", async () => {
    const pair = socketPair();
    const details = { expectedProtocol: 3 };
    pair.onRequest(({ id }) =>
      pair.say({
        type: "res",
        id,
        ok: false,
        error: { code: "INVALID_REQUEST", message: "protocol mismatch", details },
      }),
    );
    pair.say(CHALLENGE);
    await expect(open(pair).session).rejects.toMatchObject({
      code: "PROTOCOL_MISMATCH",
      facts: expect.arrayContaining([{ label: "now", value: "protocol 3" }]) as unknown,
    });
  });

  it("leaves no rung running below the one that was refused", async () => {
    const pair = socketPair();
    const details = { code: "PAIRING_REQUIRED", requestId: "req-1" };
    pair.onRequest(({ id }) =>
      pair.say({ type: "res", id, ok: false, error: { code: "NOT_PAIRED", message: "no", details } }),
    );
    pair.say(CHALLENGE);
    const { session, events } = open(pair);
    await expect(session).rejects.toMatchObject({ code: "PAIRING_REQUIRED" });
    expect(events.filter(({ type }) => type === "passed").map(({ step }) => step)).toEqual(["protocol", "credential"]);
  });

  it("names the request to approve when pairing is required", async () => {
    const pair = socketPair();
    const details = { code: "PAIRING_REQUIRED", reason: "not-paired", requestId: "req-1" };
    pair.onRequest(({ id }) =>
      pair.say({ type: "res", id, ok: false, error: { code: "NOT_PAIRED", message: "no", details } }),
    );
    pair.say(CHALLENGE);
    await expect(open(pair).session).rejects.toMatchObject({
      facts: expect.arrayContaining([{ label: "command", value: "openclaw devices approve req-1" }]) as unknown,
    });
  });

  it.each(["hello", "[]", '{"type":"welcome"}', '{"type":"event","event":"tick"}'])(
    "sees from the first frame that this is no Gateway: %s",
    async (frame) => {
      const pair = socketPair();
      pair.sayRaw(frame);
      await expect(open(pair).session).rejects.toMatchObject({ code: "NOT_A_GATEWAY" });
      expect(pair.heard).toEqual([]);
    },
  );

  it("refuses a hello without any scope, because nothing would work", async () => {
    const pair = socketPair();
    pair.onRequest(({ id }) => pair.say({ type: "res", id, ok: true, payload: { ...HELLO, auth: { scopes: [] } } }));
    pair.say(CHALLENGE);
    await expect(open(pair).session).rejects.toMatchObject({ code: "SCOPES_MISSING" });
  });

  it("refuses a malformed hello", async () => {
    const pair = socketPair();
    pair.onRequest(({ id }) => pair.say({ type: "res", id, ok: true, payload: { protocol: "four" } }));
    pair.say(CHALLENGE);
    await expect(open(pair).session).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION" });
  });

  it("says what a close before the hello means", async () => {
    const pair = socketPair();
    const { session } = open(pair);
    await Promise.resolve();
    await Promise.resolve();
    pair.drop(1013, "gateway starting");
    await expect(session).rejects.toMatchObject({ code: "GATEWAY_BUSY" });
  });

  it("ends with a cancellation when aborted, and closes the socket", async () => {
    const pair = socketPair();
    const abort = new AbortController();
    const { session } = open(pair, abort.signal);
    abort.abort();
    await expect(session).rejects.toMatchObject({ name: "CancelledError" });
    expect(pair.socket.isOpen()).toBe(false);
  });

  it("tells a request's refusal from a lost link, and says why it closed", async () => {
    const pair = socketPair();
    pair.onRequest(({ id, method }) => {
      if (method === "connect") pair.say({ type: "res", id, ok: true, payload: HELLO });
      if (method === "nope")
        pair.say({ type: "res", id, ok: false, error: { code: "INVALID_REQUEST", message: "unknown\u0007 method" } });
    });
    pair.say(CHALLENGE);
    const session = await open(pair).session;
    await expect(session.request("nope")).rejects.toMatchObject({
      name: "GatewayRequestError",
      message: "unknown method",
    });
    const waiting = session.request("never");
    pair.drop(1012, "service restart");
    await expect(waiting).rejects.toMatchObject({ code: "LINK_LOST" });
    await expect(session.closed).resolves.toMatchObject({ code: "GATEWAY_SHUTDOWN" });
  });
});
