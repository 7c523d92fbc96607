import { CountingClient, openCrowd, sayHello } from "../client.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { startSidecar } from "../servers/start.ts";

const READERS = 20;
const ROUNDS = 3;
/** Together more than may wait for one client, so that it is cut off on the way. */
const EVENTS = 250;
const TEXT = "x".repeat(256 * 1024);
const SESSION = "agent:main:bench";

/** How long an event is on its way to those who read, beside one who reads too and beside one who never does. */
export const slowReader: Group = {
  name: "slow-reader",
  async measure() {
    const sidecar = await startSidecar();
    const speaker = await sayHello(sidecar);
    await speaker.call("sessions.create", { key: SESSION });
    const readers = await openCrowd(sidecar, READERS);

    const p99 = async (prepare: (other: CountingClient) => void): Promise<number> => {
      const other = await CountingClient.open(sidecar);
      prepare(other);
      const delays: number[] = [];
      for (let event = 0; event < EVENTS; event++) {
        const sentAt = performance.now();
        const heard = readers.map(
          (reader) =>
            new Promise<void>((resolve) => {
              reader.onEvent = () => {
                delays.push(performance.now() - sentAt);
                resolve();
              };
            }),
        );
        await Promise.all([speaker.call("chat.inject", { sessionKey: SESSION, message: TEXT }), ...heard]);
        speaker.frames.length = 0;
      }
      for (const reader of readers) reader.onEvent = undefined;
      other.close();
      return delays.toSorted((a, b) => a - b)[Math.floor(delays.length * 0.99)] ?? Number.NaN;
    };

    await p99(() => undefined);
    const values = await interleave(ROUNDS, {
      ours: () => p99((other) => other.stopReading()),
      peer: () => p99(() => undefined),
    });
    for (const reader of readers) reader.close();
    await speaker.close();
    await sidecar.stop();
    return [
      {
        what: "event to the others beside a client that does not read, p99",
        unit: "ms",
        ours: median(values.ours),
        peer: { name: "all read", value: median(values.peer) },
        bars: [{ against: "peer", most: 2 }],
        runs: `${ROUNDS} × ${EVENTS} events of ${TEXT.length / 1024} KB, ${READERS} readers`,
      },
    ];
  },
};
