import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { GatewayTransport } from "../../protocol/client/transport.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";
import { startSshd } from "../../test/support/sshd.ts";
import { loadTunedRemote } from "../../test/support/tuned-remote.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { openForward, sshParts } from "../servers/ssh.ts";
import { startBare } from "../servers/start.ts";

const ROUNDS = 10;
const REQUESTS = 200;
/** A pause in which a link goes idle, milliseconds. */
const IDLE_MS = 2;

/** One small request and its answer through the tunnel: our WebSocket in an SSH channel, `ssh -L`, and no tunnel. */
export const tunnel: Group = {
  name: "tunnel",
  async measure() {
    const { SshTransport } = await loadTunedRemote();
    const sshd = await startSshd();
    const gateway = await startBare({ hello: {}, health: { ok: true } });
    const forward = await openForward(sshd, gateway.port);
    const url = (port: number) => parseGatewayUrl(`ws://127.0.0.1:${port}`);
    const lines = {
      ours: await Line.open(new SshTransport({ ...sshParts(sshd), gatewayPort: gateway.port })),
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
