import type { RawGatewayClient } from "../../test/support/raw-gateway-client.ts";
import { type CountingClient, openCrowd, recordPayloads, sayHello } from "../client.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { processorMs } from "../servers/figures.ts";
import { type BenchServer, startBare, startSidecar } from "../servers/start.ts";

const CLIENTS = 1_000;
const ROUNDS = 5;
const EVENTS = 40;
const SESSION = "agent:main:bench";
/** About as much as a delta carries in the middle of an answer: all that was said so far. */
const TEXT = "What the agent has said so far, a paragraph or two of it. ".repeat(35);

/** Processor time that one event costs for each of a thousand clients: ours, written out for each, written out once. */
export const fanOut: Group = {
  name: "fan-out",
  async measure() {
    const sidecar = await startSidecar();
    const payloads = { ...(await recordPayloads(sidecar)), event: await recordEvent(sidecar) };
    const servers = {
      ours: sidecar,
      peer: await startBare(payloads, "each"),
      limit: await startBare(payloads, "once"),
    };
    const halls = {
      ours: await Hall.open(servers.ours),
      peer: await Hall.open(servers.peer),
      limit: await Hall.open(servers.limit),
    };
    for (const hall of Object.values(halls)) await hall.frameUs();
    const values = await interleave(ROUNDS, {
      ours: () => halls.ours.frameUs(),
      peer: () => halls.peer.frameUs(),
      limit: () => halls.limit.frameUs(),
    });
    for (const hall of Object.values(halls)) await hall.close();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    return [
      {
        what: `fan-out, processor time a frame, ${CLIENTS.toLocaleString("en-US")} clients`,
        unit: "µs",
        ours: median(values.ours),
        peer: { name: "naive", value: median(values.peer) },
        limit: { name: "one frame", value: median(values.limit) },
        bars: [{ against: "peer", most: 0.55 }],
        runs: `${ROUNDS} × ${EVENTS} events a side`,
      },
    ];
  },
};

/** The frame that everybody hears when something is said in a session that was made for it. */
async function recordEvent(sidecar: BenchServer): Promise<unknown> {
  const client = await sayHello(sidecar);
  await client.call("sessions.create", { key: SESSION });
  await client.call("chat.inject", { sessionKey: SESSION, message: TEXT });
  const event = await client.event("chat");
  await client.close();
  return event;
}

/** A server with its thousand listeners and the one who speaks. */
class Hall {
  readonly #pid: number;
  readonly #crowd: readonly CountingClient[];
  readonly #speaker: RawGatewayClient;

  private constructor(pid: number, crowd: readonly CountingClient[], speaker: RawGatewayClient) {
    this.#pid = pid;
    this.#crowd = crowd;
    this.#speaker = speaker;
  }

  static async open(server: BenchServer): Promise<Hall> {
    const speaker = await sayHello(server);
    return new Hall(server.pid, await openCrowd(server, CLIENTS), speaker);
  }

  /** Microseconds of the server's processor time for each frame that arrived. */
  async frameUs(): Promise<number> {
    const before = await processorMs(this.#pid);
    const heard = this.#heard();
    for (let event = 1; event <= EVENTS; event++) {
      const all = this.#until(heard + event * CLIENTS);
      await this.#speaker.call("chat.inject", { sessionKey: SESSION, message: TEXT });
      await all;
    }
    this.#speaker.frames.length = 0;
    return (((await processorMs(this.#pid)) - before) * 1000) / (this.#heard() - heard);
  }

  async close(): Promise<void> {
    for (const client of this.#crowd) client.close();
    await this.#speaker.close();
  }

  #heard(): number {
    return this.#crowd.reduce((sum, client) => sum + client.events, 0);
  }

  #until(count: number): Promise<void> {
    let heard = this.#heard();
    return new Promise((resolve) => {
      for (const client of this.#crowd) {
        client.onEvent = () => {
          heard += 1;
          if (heard >= count) resolve();
        };
      }
    });
  }
}
