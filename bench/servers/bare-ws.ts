import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { WebSocketServer } from "ws";

/**
 * The least that a Gateway on `ws` could be: it challenges, says hello to anybody and answers every other request with the
 * same bytes. What nobody can beat with this library. `chat.inject` tells everybody the same event: written out once, or for
 * each client as servers do that give the matter no thought. Arguments: a file with the hello, the health payload and the
 * event; `once` or `each`.
 */
const [file, how] = process.argv.slice(2);
const { hello, health, event } = JSON.parse(readFileSync(file ?? "", "utf8")) as Record<string, unknown>;
const answers = { hello: JSON.stringify(hello), health: JSON.stringify(health) };

const tellOnce = (): void => {
  const frame = Buffer.from(JSON.stringify(event));
  for (const client of server.clients) client.send(frame, { binary: false });
};
const tellEach = (): void => {
  let seq = 0;
  for (const client of server.clients) client.send(JSON.stringify({ ...(event as object), seq: (seq += 1) }));
};
const tell = how === "each" ? tellEach : tellOnce;

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  const payload = { nonce: randomUUID(), ts: Date.now() };
  socket.send(JSON.stringify({ type: "event", event: "connect.challenge", payload }));
  socket.on("message", (data: Buffer) => {
    const { id, method } = JSON.parse(data.toString("utf8")) as { id: string; method: string };
    const body = method === "connect" ? answers.hello : answers.health;
    socket.send(`{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${body}}`);
    if (method === "chat.inject") tell();
  });
});
server.once("listening", () => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `ws://127.0.0.1:${port}`, port })}\n`);
});
process.once("SIGTERM", () => process.exit(0));
