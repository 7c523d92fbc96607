import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { type LocalPort, type LocalPortOptions, openLocalPort } from "../../../remote/tunnel/local-port.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { type Sshd, freePort, startSshd } from "../../support/sshd.ts";
import { environmentOf, newClimb, prompts } from "./lab.ts";

describe("a local port to a Gateway behind SSH", () => {
  let sshd: Sshd;
  let sidecar: RunningSidecar;
  beforeAll(async () => {
    sshd = await startSshd();
    sidecar = await startSidecar();
  });
  afterAll(async () => {
    await Promise.all([sidecar?.stop(), sshd?.stop()]);
  });

  async function setUp(options: { gatewayPort?: number; more?: Partial<LocalPortOptions> } = {}) {
    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort: options.gatewayPort ?? sidecar.port,
      environment: environmentOf(sshd),
    });
    onTestFinished(() => transport.dispose());
    const faults: ConnectError[] = [];
    const port = await open({
      openChannel: (signal) => transport.openLine(signal),
      onFault: (error) => faults.push(error),
      ...options.more,
    });
    return { transport, port, faults };
  }

  it("serves the CLI and a browser, each connection on a line of its own", async () => {
    const { transport, port } = await setUp();
    await transport.open(newClimb().context);
    const answer = await fetch(`http://127.0.0.1:${port.port}/healthz`);
    expect(await answer.json()).toMatchObject({ ok: true });
    const clients = await Promise.all([1, 2, 3].map(() => RawGatewayClient.open(`ws://127.0.0.1:${port.port}`)));
    for (const client of clients) {
      expect((await client.hello(sidecar.token)).ok).toBe(true);
      expect(await client.call("health")).toMatchObject({ ok: true });
    }
    expect(port.connections).toBeGreaterThanOrEqual(3);
    await Promise.all(clients.map((client) => client.close()));
  });

  it("refuses while there is no connection, and serves again with the next one", async () => {
    const { transport, port, faults } = await setUp();
    await expect(RawGatewayClient.open(`ws://127.0.0.1:${port.port}`)).rejects.toThrow(/ECONNRESET|hang up/);
    expect(faults[0]?.code).toBe("LINK_LOST");
    await transport.open(newClimb().context);
    const client = await RawGatewayClient.open(`ws://127.0.0.1:${port.port}`);
    await sshd.killSessions();
    await client.closed;
    await expect.poll(() => port.connections).toBe(0);
    await transport.open(newClimb().context);
    const again = await RawGatewayClient.open(`ws://127.0.0.1:${port.port}`);
    expect((await again.hello(sidecar.token)).ok).toBe(true);
    await again.close();
  });

  it("resets a connection that the host cannot lead on, and says why", async () => {
    const { transport, port, faults } = await setUp({ gatewayPort: await freePort() });
    await transport.open(newClimb().context).catch(() => undefined);
    // Nothing answers there, but the SSH connection stands.
    const { session } = transport;
    expect(session?.isAlive).toBe(true);
    await closed(knockOn(port));
    expect(faults[0]?.code).toMatch(/^(?:GATEWAY_NOT_RUNNING|LINK_LOST)$/);
  });
});

describe("a local port", () => {
  it("listens on loopback alone", async () => {
    const { port } = await withEcho();
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4")
      .map(({ address }) => address);
    for (const host of [...others, "::1"]) {
      const socket = connect({ host, port: port.port });
      const outcome = await Promise.race([
        once(socket, "connect").then(() => "connected"),
        once(socket, "error").then(
          () => "refused",
          () => "refused",
        ),
      ]).catch(() => "refused");
      socket.destroy();
      expect(outcome, host).toBe("refused");
    }
  });

  it("takes the port that is wished for, and another when that is busy", async () => {
    const wished = await freePort();
    const first = await withEcho({ preferredPort: wished });
    expect(first.port.port).toBe(wished);
    const second = await withEcho({ preferredPort: wished });
    expect(second.port.port).not.toBe(wished);
    expect(second.port.port).toBeGreaterThan(0);
  });

  it("carries megabytes for several at once, and the end of each half by itself", async () => {
    const { port } = await withEcho();
    const talks = [1, 2, 3, 4].map(async () => {
      const socket = await dial(port);
      const sent = randomBytes(3 * 1024 * 1024);
      const parts: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => parts.push(chunk));
      // The other half goes on after ours has ended.
      socket.end(sent);
      await once(socket, "end");
      expect(Buffer.concat(parts).equals(sent)).toBe(true);
    });
    await Promise.all(talks);
    await expect.poll(() => port.connections).toBe(0);
  });

  it("resets what is more than it serves at a time, and has room again", async () => {
    const { port } = await withEcho({ maxConnections: 2 });
    const first = await dial(port);
    const second = await dial(port);
    await expect.poll(() => port.connections).toBe(2);
    await closed(knockOn(port));
    first.destroy();
    await expect.poll(() => port.connections).toBe(1);
    const fourth = await dial(port);
    fourth.write("hello");
    expect(String((await once(fourth, "data"))[0])).toBe("hello");
    second.destroy();
  });

  it("ends everything with its owner", async () => {
    const { port, sockets } = await withEcho();
    const socket = await dial(port);
    socket.write("x");
    await once(socket, "data");
    const end = closed(socket);
    port.dispose();
    port.dispose();
    await end;
    await expect.poll(() => sockets.size).toBe(0);
    const late = connect(port.port, "127.0.0.1");
    expect(String((await once(late, "error").catch((error: unknown) => [error]))[0])).toContain("ECONNREFUSED");
  });

  it("opens nothing for a connection that has gone, and gives up what it was opening", async () => {
    const signals: AbortSignal[] = [];
    const port = await open({
      openChannel: (signal) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("gone"))));
      },
    });
    const socket = await dial(port);
    await expect.poll(() => signals.length).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => signals[0]?.aborted).toBe(true);
    await dial(port);
    await expect.poll(() => signals.length).toBe(2);
    port.dispose();
    expect(signals[1]?.aborted).toBe(true);
  });

  it("closes a line that comes too late", async () => {
    const line = Promise.withResolvers<Duplex>();
    const port = await open({ openChannel: () => line.promise });
    const socket = await dial(port);
    await expect.poll(() => port.connections).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => port.connections).toBe(0);
    const channel = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    line.resolve(channel);
    await expect.poll(() => channel.destroyed).toBe(true);
  });
});

async function open(options: Partial<LocalPortOptions> & Pick<LocalPortOptions, "openChannel">): Promise<LocalPort> {
  const port = await openLocalPort({ preferredPort: await freePort(), onFault: () => undefined, ...options });
  onTestFinished(() => port.dispose());
  return port;
}

/** A local port whose lines lead to an echo. */
async function withEcho(more: Partial<LocalPortOptions> = {}) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.on("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const place = { port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true };
  const port = await open({
    openChannel: async () => {
      const line = connect(place);
      await once(line, "connect");
      return line;
    },
    ...more,
  });
  return { port, sockets };
}

/** A connection that may be reset at any time. */
function knockOn({ port }: LocalPort): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function dial(port: LocalPort): Promise<Socket> {
  const socket = knockOn(port);
  await once(socket, "connect");
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));
