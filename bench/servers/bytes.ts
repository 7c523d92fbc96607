import { type Socket, createServer } from "node:net";

/**
 * A TCP server that does what the first byte of a connection says: `d` sends N bytes, `u` takes N bytes and answers with one,
 * `s` streams small lines in bursts, each with the time of its sending. Without a byte it says one by itself. Argument: N.
 */
const total = Number(process.argv[2]);
const PIECE = Buffer.alloc(64 * 1024);
const BURSTS = 200;
const EVERY_MS = 4;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.write("!");
  socket.once("data", (first: Buffer) => {
    const mode = String.fromCharCode(first[0] ?? 0);
    if (mode === "d") send(socket);
    else if (mode === "u") take(socket, first.length - 1);
    else stream(socket);
  });
});

function send(socket: Socket): void {
  let left = total;
  const more = (): void => {
    while (left > 0) {
      left -= PIECE.length;
      if (!socket.write(PIECE)) return void socket.once("drain", more);
    }
  };
  more();
}

function take(socket: Socket, taken: number): void {
  let count = taken;
  socket.on("data", (chunk: Buffer) => {
    count += chunk.length;
    if (count >= total) socket.write("!");
  });
}

function stream(socket: Socket): void {
  let burst = 0;
  const timer = setInterval(() => {
    for (let line = 0; line <= burst % 5; line++) socket.write(`${String(process.hrtime.bigint()).padEnd(79)}\n`);
    if (++burst < BURSTS) return;
    clearInterval(timer);
    socket.end("end\n");
  }, EVERY_MS);
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `tcp://127.0.0.1:${port}`, port })}\n`);
});
process.once("SIGTERM", () => process.exit(0));
