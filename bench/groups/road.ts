import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import { sendAtOnce } from "../../remote/ssh/session/send-at-once.ts";
import type { SshSession } from "../../remote/ssh/session/ssh-session.ts";
import { type Sshd, startSshd } from "../../test/support/sshd.ts";
import { type TunedRemote, loadTunedRemote } from "../../test/support/tuned-remote.ts";
import type { Group, Row } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { openForward, sshArguments, sshParts } from "../servers/ssh.ts";
import { startBytes } from "../servers/start.ts";

const MEGABYTES = 128;
const BULK_ROUNDS = 5;
const SETUP_ROUNDS = 10;
const STREAM_ROUNDS = 5;

const setUp = { runs: `${SETUP_ROUNDS} a side` };
const bulk = { unit: "MB/s", runs: `${BULK_ROUNDS} × ${MEGABYTES} MB a side` } as const;
const stream = { runs: `${STREAM_ROUNDS} × 600 lines a side` };

/** What an SSH connection carries beside small requests, against `ssh` itself and against no tunnel. */
export const road: Group = {
  name: "road",
  async measure() {
    const remote = await loadTunedRemote();
    const sshd = await startSshd();
    const server = await startBytes(MEGABYTES * 1024 * 1024);
    const forward = await openForward(sshd, server.port);
    const session = await signIn(remote, sshd);
    await sendAtOnce(session);
    const sides = {
      ours: () => channelTo(session, server.port),
      peer: () => tcpTo(forward.port),
      limit: () => tcpTo(server.port),
    };
    const each = (measure: (line: Duplex) => Promise<number>) => ({
      ours: async () => measure(await sides.ours()),
      peer: async () => measure(await sides.peer()),
      limit: async () => measure(await sides.limit()),
    });
    const row = (values: Record<"ours" | "peer" | "limit", number[]>) => ({
      ours: median(values.ours),
      peer: { name: "ssh -L", value: median(values.peer) },
      limit: { name: "plain TCP", value: median(values.limit) },
    });
    const first = await interleave(SETUP_ROUNDS, {
      ours: () => firstByteOurs(remote, sshd, server.port),
      peer: () => firstByteSsh(sshd, server.port),
    });
    const rows: Row[] = [
      {
        what: "SSH set-up → first byte",
        unit: "ms",
        ours: median(first.ours),
        peer: { name: "ssh -W", value: median(first.peer) },
        bars: [{ against: "peer", most: 0.4 }],
        ...setUp,
      },
      {
        what: "tunnel, download",
        ...row(await interleave(BULK_ROUNDS, each(download))),
        bars: [{ against: "peer", least: 0.8 }],
        ...bulk,
      },
      {
        what: "tunnel, upload",
        ...row(await interleave(BULK_ROUNDS, each(upload))),
        bars: [{ against: "peer", least: 0.7 }],
        ...bulk,
      },
      {
        what: "streamed bursts, p99",
        unit: "ms",
        ...row(await interleave(STREAM_ROUNDS, each(burstP99))),
        bars: [{ against: "peer", most: 0.1 }],
        ...stream,
      },
    ];
    session.dispose();
    forward.stop();
    await server.stop();
    await sshd.stop();
    return rows;
  },
};

function signIn(remote: TunedRemote, sshd: Sshd): Promise<SshSession> {
  const context = {
    signal: AbortSignal.timeout(60_000),
    ladder: new LadderReporter(() => undefined),
    interactive: false,
  };
  return remote.connectSsh({ ...sshParts(sshd), memory: new remote.AuthMemory(), context });
}

const channelTo = (session: SshSession, port: number): Promise<Duplex> =>
  session.openTcpChannel({ host: "127.0.0.1", port }, { signal: AbortSignal.timeout(10_000), timeoutMs: 10_000 });

async function tcpTo(port: number): Promise<Duplex> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

async function firstByteOurs(remote: TunedRemote, sshd: Sshd, port: number): Promise<number> {
  const began = performance.now();
  const session = await signIn(remote, sshd);
  await once(await channelTo(session, port), "data");
  const ms = performance.now() - began;
  session.dispose();
  return ms;
}

async function firstByteSsh(sshd: Sshd, port: number): Promise<number> {
  const began = performance.now();
  const child = spawn("ssh", sshArguments(sshd, "-W", `127.0.0.1:${port}`), { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  await once(child.stdout satisfies Readable, "data");
  const ms = performance.now() - began;
  child.kill();
  await gone;
  return ms;
}

/** Megabytes a second. */
async function download(line: Duplex): Promise<number> {
  await once(line, "data");
  const began = performance.now();
  let length = 0;
  const done = new Promise<void>((resolve) => {
    line.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length >= MEGABYTES * 1024 * 1024) resolve();
    });
  });
  line.write("d");
  await done;
  line.destroy();
  return MEGABYTES / ((performance.now() - began) / 1000);
}

async function upload(line: Duplex): Promise<number> {
  await once(line, "data");
  const began = performance.now();
  const answered = once(line, "data");
  line.write("u");
  const piece = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < MEGABYTES * 1024 * 1024; sent += piece.length) {
    if (!line.write(piece)) await once(line, "drain");
  }
  await answered;
  line.destroy();
  return MEGABYTES / ((performance.now() - began) / 1000);
}

/** How late the latest line in a hundred comes, milliseconds. */
async function burstP99(line: Duplex): Promise<number> {
  await once(line, "data");
  const late: number[] = [];
  let rest = "";
  const done = new Promise<void>((resolve) => {
    line.on("data", (chunk: Buffer) => {
      const now = process.hrtime.bigint();
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) {
        if (text === "end") resolve();
        else late.push(Number(now - BigInt(text.trim())) / 1e6);
      }
    });
  });
  line.write("s");
  await done;
  line.destroy();
  return late.sort((a, b) => a - b)[Math.floor(late.length * 0.99)] ?? Number.NaN;
}
