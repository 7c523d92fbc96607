import { randomUUID } from "node:crypto";
import type { RawGatewayClient } from "../../test/support/raw-gateway-client.ts";
import { stubConfig } from "../../test/support/sidecar.ts";
import { startStubModel } from "../../test/support/stub-model.ts";
import { sayHello } from "../client.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { startPeer, startSidecar } from "../servers/start.ts";

const ROUNDS = 5;
const QUESTIONS = 10;

interface ChatEvent {
  readonly runId: string;
  readonly state: string;
}

/** From a question to its acknowledgement; ours is on the disk by then (`synchronous=FULL`). */
export const chatSend: Group = {
  name: "chat-send",
  async measure() {
    const model = await startStubModel();
    const sidecar = await startSidecar(stubConfig(model.baseUrl));
    const peer = await startPeer(model.baseUrl);
    const servers = { ours: sidecar, ...(peer === undefined ? {} : { peer }) };
    const clients: RawGatewayClient[] = [];
    const sides: Record<string, () => Promise<number>> = {};
    for (const [side, server] of Object.entries(servers)) {
      const client = await sayHello(server);
      clients.push(client);
      sides[side] = () => acknowledgedInMs(client);
    }
    for (const side of Object.values(sides)) await side();
    const values = await interleave(ROUNDS, sides);
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await model.close();
    return [
      {
        what: "chat.send → acknowledged, p50",
        unit: "ms",
        ours: median(values["ours"] ?? []),
        peer: values["peer"] === undefined ? undefined : { name: "OpenClaw", value: median(values["peer"]) },
        bars: [{ against: "peer", most: 0.1 }],
        runs: `${ROUNDS} × ${QUESTIONS} questions a side`,
      },
    ];
  },
};

/** The median of some questions, each asked once the answer before is whole. */
async function acknowledgedInMs(client: RawGatewayClient): Promise<number> {
  const times: number[] = [];
  for (let question = 0; question < QUESTIONS; question++) {
    const runId = randomUUID();
    const from = client.frames.length;
    const sentAt = performance.now();
    await client.call("chat.send", { sessionKey: "main", message: `Question ${question}?`, idempotencyKey: runId });
    times.push(performance.now() - sentAt);
    const isWhole = (event: ChatEvent): boolean => event.runId === runId && event.state === "final";
    await client.event<ChatEvent>("chat", isWhole, { from, timeoutMs: 60_000 });
    client.frames.length = 0;
  }
  return median(times);
}
