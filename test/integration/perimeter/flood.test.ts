import { randomBytes } from "node:crypto";
import { type Socket, connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { RawGatewayClient, connectParams } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";

const CLI = { identity: null, client: { id: "cli", mode: "cli" } } as const;
const MIB = 1024 * 1024;

let sidecar: RunningSidecar;
/** Somebody who is there all the time and must notice nothing. */
let other: RawGatewayClient;
const sockets: Socket[] = [];

beforeAll(async () => {
  sidecar = await startSidecar();
  other = await RawGatewayClient.open(sidecar.url);
  await other.hello(sidecar.token, CLI);
  await other.call("health");
});
afterAll(async () => {
  await other.close();
  await sidecar.stop();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.destroy();
    if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  }
  // Nobody was hurt, nothing crashed, and who comes now is let in.
  await other.call("health");
  await vi.waitUntil(comesIn, { timeout: 10_000 });
});

async function comesIn(): Promise<boolean> {
  const client = await RawGatewayClient.open(sidecar.url).catch(() => undefined);
  const answer = await client?.hello(sidecar.token, CLI).catch(() => undefined);
  await client?.close();
  return answer?.ok === true;
}

/** Asks without a pause while `work` goes on; resolves with how many of the questions were answered. */
async function askDuring(work: () => Promise<unknown>): Promise<{ asked: number; answered: number }> {
  const over = new AbortController();
  const working = work().finally(() => over.abort());
  let [asked, answered] = [0, 0];
  do {
    asked += 1;
    if ((await other.request("health")).ok) answered += 1;
  } while (!over.signal.aborted);
  await working;
  return { asked, answered };
}

interface Stranger {
  readonly socket: Socket;
  /** The first thing that was heard, empty when the connection ended before. */
  readonly heard: Promise<string>;
}

/** A TCP connection of a stranger. Resolves when it is there, whether or not it will be kept. */
function stranger(first = ""): Promise<Stranger> {
  return new Promise((resolve) => {
    const socket = connect(sidecar.port, "127.0.0.1");
    sockets.push(socket);
    const heard = new Promise<string>((hear) => {
      socket.once("data", (chunk: Buffer) => hear(chunk.toString("latin1")));
      socket.once("close", () => hear(""));
    });
    socket.on("error", () => undefined);
    socket.once("connect", () => {
      socket.write(first);
      resolve({ socket, heard });
    });
    socket.once("close", () => resolve({ socket, heard }));
  });
}

const upgrade = (): string =>
  [
    "GET / HTTP/1.1",
    `Host: 127.0.0.1:${sidecar.port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "\r\n",
  ].join("\r\n");

/** A masked client frame, its length in the longest form (RFC 6455 has servers take only the shortest one; `ws` takes any). @param head the first byte: FIN and the opcode */
function frame(head: number, payload: Buffer): Buffer {
  const size = Buffer.alloc(9);
  size[0] = 0xff;
  size.writeBigUInt64BE(BigInt(payload.length), 1);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from([head]), size, Buffer.alloc(4), payload]);
}

async function socketOf(isKnown: boolean): Promise<{ socket: WebSocket; raw: Socket; closed: Promise<number> }> {
  const socket = new WebSocket(sidecar.url, { perMessageDeflate: false });
  socket.on("error", () => undefined);
  const closed = new Promise<number>((resolve) => socket.once("close", (code) => resolve(code)));
  const next = (): Promise<string> =>
    new Promise((resolve) => socket.once("message", (data: Buffer) => resolve(data.toString("utf8"))));
  const { payload } = JSON.parse(await next()) as { payload: { ts: number; nonce: string } };
  if (isKnown) {
    socket.send(
      JSON.stringify({ type: "req", id: "c", method: "connect", params: connectParams(sidecar.token, payload, CLI) }),
    );
    expect(await next()).toContain("hello-ok");
  }
  return { socket, raw: Reflect.get(socket, "_socket") as Socket, closed };
}

describe("a thousand connections at once", () => {
  it("that say nothing cost the others nothing", async () => {
    const { asked, answered } = await askDuring(() => Promise.all(Array.from({ length: 1_000 }, () => stranger())));
    expect(answered).toBe(asked);
    const kept = sockets.filter((socket) => !socket.destroyed);
    await expect.poll(() => sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(256);
    expect(kept.length).toBeGreaterThan(0);
  });

  it("that ask for a WebSocket are let in to thirty-two and told to come back, the others", async () => {
    let heard: readonly string[] = [];
    const { asked, answered } = await askDuring(async () => {
      const opened = await Promise.all(Array.from({ length: 1_000 }, () => stranger(upgrade())));
      heard = await Promise.all(opened.map((visitor) => visitor.heard));
    });
    expect(answered).toBe(asked);
    const statuses = heard.map((text) => text.slice(9, 12)).filter((status) => status !== "");
    const welcome = statuses.filter((status) => status === "101");
    expect(welcome.length).toBeLessThanOrEqual(32);
    expect(welcome.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set(["101", "503"]));
  });

  it("that send their headers one letter at a time are not waited for by anybody", async () => {
    const drip = async (): Promise<void> => {
      const opened = await Promise.all(
        Array.from({ length: 200 }, () => stranger("GET /healthz HTTP/1.1\r\nX-Slow: ")),
      );
      for (let letter = 0; letter < 10; letter++) {
        for (const { socket } of opened) if (!socket.destroyed) socket.write("x");
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const { asked, answered } = await askDuring(drip);
    expect(answered).toBe(asked);
  });
});

describe("a message that is too much", () => {
  it.each([
    ["of 27 MiB from a known client", true, 27 * MIB, 1009],
    ["of 65 KiB from a stranger", false, 65 * 1024, 1009],
  ])("(%s) ends its connection and no other", async (_what, isKnown, bytes, code) => {
    const { socket, closed } = await socketOf(isKnown);
    const { asked, answered } = await askDuring(async () => {
      socket.send(Buffer.alloc(bytes, "x").toString("latin1"));
      expect(await closed).toBe(code);
    });
    expect(answered).toBe(asked);
  });

  it("of 20 MiB from a known client is taken", async () => {
    const { socket, closed } = await socketOf(true);
    const answer = new Promise<string>((resolve) =>
      socket.on("message", (data: Buffer) => {
        const text = data.toString("utf8");
        if (text.includes('"id":"big"')) resolve(text);
      }),
    );
    socket.send(JSON.stringify({ type: "req", id: "big", method: "health", params: { pad: "x".repeat(20 * MIB) } }));
    expect(await answer).toContain('"ok":true');
    socket.close();
    expect(await closed).toBe(1005);
  });

  it.each([true, false])(
    "in 60,000 pieces (from a known client: %s) ends its connection and no other",
    async (isKnown) => {
      const { raw, closed } = await socketOf(isKnown);
      const { asked, answered } = await askDuring(async () => {
        raw.write(frame(0x01, Buffer.from("{")));
        raw.write(Buffer.concat(Array.from({ length: 60_000 }, () => frame(0x00, Buffer.from(" ")))));
        expect([1008, 1009]).toContain(await closed);
      });
      expect(answered).toBe(asked);
    },
  );

  it("in 60,000 empty pieces ends its connection and no other", async () => {
    const { raw, closed } = await socketOf(false);
    raw.write(frame(0x01, Buffer.alloc(0)));
    raw.write(Buffer.concat(Array.from({ length: 60_000 }, () => frame(0x00, Buffer.alloc(0)))));
    expect([1008, 1009]).toContain(await closed);
  });

  it("of half a message that never ends is dropped with the stranger who sends it", async () => {
    const { raw, closed } = await socketOf(false);
    raw.write(frame(0x01, Buffer.from("{")));
    raw.destroy();
    expect(await closed).toBe(1006);
  });
});

describe("a flood of questions", () => {
  it("from one client is answered, and so are those of the others in between", async () => {
    const { socket } = await socketOf(true);
    let count = 0;
    const all = new Promise<void>((resolve) =>
      socket.on("message", (data: Buffer) => {
        if (data.toString("latin1", 0, 12).includes("res") && (count += 1) === 5_000) resolve();
      }),
    );
    const { asked, answered } = await askDuring(async () => {
      for (let index = 0; index < 5_000; index++) socket.send('{"type":"req","id":"f","method":"health"}');
      await all;
    });
    expect({ answered, count }).toEqual({ answered: asked, count: 5_000 });
    socket.terminate();
  });

  it("that are all nonsense leaves nothing behind but their own connection", async () => {
    const { socket } = await socketOf(true);
    const nonsense = [
      "{}",
      "[]",
      "null",
      '"x"',
      "{",
      '{"type":"req"}',
      '{"type":"req","id":"a","method":"__proto__"}',
      '{"type":"req","id":"a","method":"constructor","params":{"__proto__":{"x":1}}}',
      "\u0000",
      "[".repeat(50_000),
    ];
    const { asked, answered } = await askDuring(async () => {
      for (let index = 0; index < 2_000; index++) socket.send(nonsense[index % nonsense.length] ?? "");
      await new Promise<void>((resolve) => {
        socket.once("pong", () => resolve());
        socket.ping();
      });
    });
    expect(answered).toBe(asked);
    socket.terminate();
  });
});
