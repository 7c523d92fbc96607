import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { WebSocketServer } from "ws";

/**
 * The least that a Gateway on `ws` could be: it challenges, says hello to anybody and answers every other request with the
 * same bytes. What nobody can beat with this library. Argument: a file with the hello and the health payload.
 */
const [file] = process.argv.slice(2);
const { hello, health } = JSON.parse(readFileSync(file ?? "", "utf8")) as { hello: unknown; health: unknown };
const answers = { hello: JSON.stringify(hello), health: JSON.stringify(health) };

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  const payload = { nonce: randomUUID(), ts: Date.now() };
  socket.send(JSON.stringify({ type: "event", event: "connect.challenge", payload }));
  socket.on("message", (data: Buffer) => {
    const { id, method } = JSON.parse(data.toString("utf8")) as { id: string; method: string };
    const body = method === "connect" ? answers.hello : answers.health;
    socket.send(`{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${body}}`);
  });
});
server.once("listening", () => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `ws://127.0.0.1:${port}`, port })}\n`);
});
process.once("SIGTERM", () => process.exit(0));
