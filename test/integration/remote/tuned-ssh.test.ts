import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { type TunedRemote, loadTunedRemote } from "../../support/tuned-remote.ts";
import { environmentOf, newClimb, prompts } from "./lab.ts";

const MEGABYTE = 1024 * 1024;
const LENGTH = 50 * MEGABYTE;

describe("the tuned SSH connection", () => {
  let remote: TunedRemote;
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startTcp>>;
  beforeAll(async () => {
    remote = await loadTunedRemote();
    // New keys after every 8 MB, in both directions.
    sshd = await startSshd({ config: ["RekeyLimit 8M", "LogLevel DEBUG1"] });
    echo = await startTcp((socket) => socket.pipe(socket));
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
  });

  async function open(options: { port?: number; config?: string } = {}): Promise<SshSession> {
    const configFile = join(sshd.directory, `config-${Math.random()}`);
    const known = join(sshd.directory, "lab-known");
    await writeFile(known, `lab ${sshd.hostPublicKey}\n`);
    const port = options.port ?? sshd.port;
    const lines = ["Host lab", "HostName 127.0.0.1", `Port ${port}`, "HostKeyAlias lab", `UserKnownHostsFile ${known}`];
    const more = ["GlobalKnownHostsFile none", "IdentityAgent none", options.config ?? ""];
    await writeFile(configFile, [...lines, ...more, ""].join("\n"));
    const session = await remote.connectSsh({
      target: { user: sshd.user, host: "lab", port: undefined },
      prompts: prompts(),
      memory: new remote.AuthMemory(),
      context: newClimb().context,
      environment: environmentOf({ ...sshd, configFile }),
    });
    onTestFinished(() => session.dispose());
    return session;
  }
  const channelTo = (session: SshSession, port: number): Promise<Duplex> =>
    session.openTcpChannel({ host: "127.0.0.1", port }, { signal: new AbortController().signal, timeoutMs: 5_000 });

  it.each(["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr"])(
    "carries 50 MB both ways at once and through several key changes (%s)",
    async (cipher) => {
      const session = await open({ config: `Ciphers ${cipher}` });
      const channel = await channelTo(session, echo.port);
      const before = rekeys(sshd);
      const sent = createHash("sha256");
      const received = createHash("sha256");
      let length = 0;
      const back = new Promise<void>((resolve) => {
        channel.on("data", (chunk: Buffer) => {
          received.update(chunk);
          length += chunk.length;
          if (length >= LENGTH) resolve();
        });
      });
      for (let at = 0; at < LENGTH; at += MEGABYTE) {
        const chunk = randomBytes(MEGABYTE);
        sent.update(chunk);
        if (!channel.write(chunk)) await once(channel, "drain");
      }
      await back;
      expect(length).toBe(LENGTH);
      expect(received.digest("hex")).toBe(sent.digest("hex"));
      expect(rekeys(sshd) - before).toBeGreaterThanOrEqual(4);
      expect(session.isAlive).toBe(true);
    },
  );

  it.each(["server", "client"] as const)(
    "ends, and passes nothing false on, when a byte from the %s is changed on the way",
    async (side) => {
      for (let round = 0; round < 6; round++) {
        const proxy = await startDamage(sshd.port, side);
        onTestFinished(() => proxy.stop());
        const session = await open({ port: proxy.port });
        const ended = new Promise<string>((resolve) => session.onClose(({ code }) => resolve(code)));
        const channel = await channelTo(session, echo.port);
        channel.on("error", () => undefined);
        let length = 0;
        let isTrue = true;
        channel.on("data", (chunk: Buffer) => {
          isTrue &&= chunk.every((byte, index) => byte === (length + index) % 251);
          length += chunk.length;
        });
        proxy.damageAfter(Math.floor(Math.random() * 100_000));
        const line = Buffer.from(Array.from({ length: 251 * 4_000 }, (_, index) => index % 251));
        const writtenAt = performance.now();
        channel.write(line);
        expect(await ended).toBe("SSH_CLOSED");
        expect(performance.now() - writtenAt).toBeLessThan(3_000);
        expect(isTrue).toBe(true);
        expect(length).toBeLessThan(line.length);
        expect(session.isAlive).toBe(false);
      }
    },
  );
});

const rekeys = (sshd: Sshd): number => sshd.log().split("rekey").length - 1;

async function startTcp(serve: (socket: Socket) => void): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A proxy that changes one byte, so many bytes after it was told to. */
async function startDamage(port: number, side: "server" | "client") {
  let left = Infinity;
  const spoil = (chunk: Buffer): Buffer => {
    const at = left;
    left -= chunk.length;
    if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 0x20;
    return chunk;
  };
  const proxy = await startTcp((client) => {
    const server = connect(port, "127.0.0.1");
    server.on("error", () => undefined);
    client.on("data", (chunk: Buffer) => server.write(side === "client" ? spoil(chunk) : chunk));
    server.on("data", (chunk: Buffer) => client.write(side === "server" ? spoil(chunk) : chunk));
    client.on("close", () => server.destroy());
    // A hostile server would not hang up either: ours must.
    server.on("close", () => (side === "client" ? client.destroy() : undefined));
  });
  return { ...proxy, damageAfter: (bytes: number) => (left = bytes) };
}
