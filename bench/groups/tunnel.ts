import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { GatewayTransport } from "../../protocol/client/transport.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import type { SshEnvironment } from "../../remote/ssh/config/environment.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../remote/transport/ssh-transport.ts";
import { type Sshd, startSshd } from "../../test/support/sshd.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { startBare } from "../servers/start.ts";

const ROUNDS = 10;
const REQUESTS = 200;
/** A pause in which a link goes idle, milliseconds. */
const IDLE_MS = 2;

/** One small request and its answer through the tunnel: our WebSocket in an SSH channel, `ssh -L`, and no tunnel. */
export const tunnel: Group = {
  name: "tunnel",
  async measure() {
    const sshd = await startSshd();
    const gateway = await startBare({ hello: {}, health: { ok: true } });
    const forward = await openForward(sshd, gateway.port);
    const url = (port: number) => parseGatewayUrl(`ws://127.0.0.1:${port}`);
    const lines = {
      ours: await Line.open(new SshTransport(sshOptions(sshd, gateway.port))),
      peer: await Line.open(new DirectTransport({ url: url(forward.port) })),
      limit: await Line.open(new DirectTransport({ url: url(gateway.port) })),
    };
    for (const line of Object.values(lines)) await line.roundTripUs(REQUESTS, 0);
    const rows = [];
    for (const [what, pauseMs, most] of [
      ["tunnelled request, idle, p50", IDLE_MS, 0.95],
      ["tunnelled request, hot, p50", 0, 1.05],
    ] as const) {
      const values = await interleave(ROUNDS, {
        ours: () => lines.ours.roundTripUs(REQUESTS, pauseMs),
        peer: () => lines.peer.roundTripUs(REQUESTS, pauseMs),
        limit: () => lines.limit.roundTripUs(REQUESTS, pauseMs),
      });
      rows.push({
        what,
        unit: "µs" as const,
        ours: median(values.ours),
        peer: { name: "ssh -L", value: median(values.peer) },
        limit: { name: "plain TCP", value: median(values.limit) },
        bars: [{ against: "peer" as const, most }],
        runs: `${ROUNDS} × ${REQUESTS} requests a side`,
      });
    }
    for (const line of Object.values(lines)) line.close();
    forward.stop();
    await gateway.stop();
    await sshd.stop();
    return rows;
  },
};

/** One socket that asks and waits for the answer. */
class Line {
  readonly #transport: GatewayTransport;
  readonly #socket: GatewaySocket;
  #answered: (() => void) | undefined;

  private constructor(transport: GatewayTransport, socket: GatewaySocket) {
    this.#transport = transport;
    this.#socket = socket;
    socket.listen({ message: () => this.#answered?.(), close: () => undefined });
  }

  static async open(transport: GatewayTransport): Promise<Line> {
    const ladder = new LadderReporter(() => undefined);
    const signal = AbortSignal.timeout(30_000);
    const line = new Line(transport, await transport.open({ ladder, signal, interactive: false }));
    return line;
  }

  /** The median round trip of so many requests, microseconds, with a pause before each. */
  async roundTripUs(requests: number, pauseMs: number): Promise<number> {
    const frame = JSON.stringify({ type: "req", id: "h", method: "health", params: {} });
    const times: number[] = [];
    for (let index = 0; index < requests; index++) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const began = performance.now();
      await new Promise<void>((resolve) => {
        this.#answered = resolve;
        this.#socket.send(frame);
      });
      times.push((performance.now() - began) * 1000);
    }
    return median(times);
  }

  close(): void {
    this.#socket.close();
    this.#transport.dispose();
  }
}

function sshOptions(sshd: Sshd, gatewayPort: number) {
  const refuse = async () => undefined;
  const environment: SshEnvironment = {
    home: sshd.home,
    localUser: sshd.user,
    localHost: "bench.example",
    env: {},
    platform: process.platform,
    configFiles: [{ path: sshd.configFile, includeFrom: `${sshd.home}/.ssh` }],
  };
  return {
    target: { user: undefined, host: "lab", port: undefined },
    prompts: {
      hostKey: async () => "cancel" as const,
      passphrase: refuse,
      password: refuse,
      keyboardInteractive: refuse,
    },
    gatewayPort,
    environment,
  };
}

/** `ssh -N -L`, as a person would type it, once it forwards. */
async function openForward(sshd: Sshd, gatewayPort: number): Promise<{ port: number; stop(): void }> {
  const port = await freePort();
  const forward = `127.0.0.1:${port}:127.0.0.1:${gatewayPort}`;
  const options = [
    "IdentityAgent=none",
    "IdentitiesOnly=yes",
    `UserKnownHostsFile=${sshd.knownHostsFile}`,
    "BatchMode=yes",
  ];
  const args = ["-F", "none", "-N", "-L", forward, "-i", sshd.keyFile, "-p", String(sshd.port)];
  const child = spawn("ssh", [...args, ...options.flatMap((option) => ["-o", option]), `${sshd.user}@127.0.0.1`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`ssh -L ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { port, stop: () => void child.kill() };
}

async function accepts(port: number): Promise<boolean> {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP port was given");
  return address.port;
}
