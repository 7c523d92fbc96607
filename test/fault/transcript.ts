import { readHistory } from "../../protocol/chat/history.ts";
import type { MessageRow } from "../../protocol/chat/message-row.ts";
import type { ChatClient } from "../support/chat-client.ts";
import { RawGatewayClient } from "../support/raw-gateway-client.ts";
import type { RunningSidecar } from "../support/sidecar.ts";
import { type Figure, count } from "./figure.ts";
import { SESSION, pause } from "./roads.ts";

/** A question as a person wrote it. `id` is its idempotency key. */
interface Written {
  readonly id: string;
  readonly text: string;
}

/** The whole transcript as the Gateway has it, oldest first, read on a connection of its own. */
export async function readTranscript({
  url,
  token,
}: Pick<RunningSidecar, "url" | "token">): Promise<readonly MessageRow[]> {
  const reader = await RawGatewayClient.open(url);
  await reader.hello(token, { identity: null, client: { id: "cli", mode: "cli" } });
  const rows: MessageRow[] = [];
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page = readHistory(await reader.call("chat.history", { sessionKey: SESSION, limit: 500, offset }));
    rows.unshift(...page.rows);
    offset = page.nextOffset;
  }
  await reader.close();
  return rows;
}

/** Pure: what became of the questions, as the Gateway has it. */
export function judgeTranscript(written: readonly Written[], rows: readonly MessageRow[]): readonly Figure[] {
  const asked = rows.filter(({ role }) => role === "user").map(({ sendKey }) => sendKey ?? "");
  const answers = Map.groupBy(
    rows.filter(({ role }) => role === "assistant"),
    ({ runId }) => runId,
  );
  const lost = written.filter(({ id }) => !asked.includes(id));
  const order = new Map(written.map(({ id }, index) => [id, index]));
  const places = [...new Set(asked)].map((id) => order.get(id) ?? -1);
  const disorder = places.filter((place, index) => index > 0 && place < (places[index - 1] ?? -1));
  const badlyAnswered = written.filter(({ id }) => answers.get(id)?.length !== 1);
  return [
    count("questions lost", lost.length, 0),
    count("questions doubled", asked.length - new Set(asked).size, 0),
    count("questions out of order", disorder.length, 0),
    count("questions without exactly one end of their run", badlyAnswered.length, 0),
  ];
}

/** Questions that wait for their acknowledgement; a person who sees them pile up stops too. */
const MAX_WAITING = 20;

/** Writes so many questions at an even pace, whatever the link does. */
export class Writer {
  readonly written: Written[] = [];
  /** Milliseconds from writing to the Gateway's acknowledgement, by id. */
  readonly acknowledged = new Map<string, number>();
  readonly #client: ChatClient;
  readonly #writtenAt = new Map<string, number>();

  constructor(client: ChatClient) {
    this.#client = client;
    client.thread.onPatch(() => {
      for (const item of client.items) {
        if (item.kind !== "question" || item.delivery !== "sent" || this.acknowledged.has(item.id)) continue;
        const at = this.#writtenAt.get(item.id);
        if (at !== undefined) this.acknowledged.set(item.id, performance.now() - at);
      }
    });
  }

  /** Questions that are not acknowledged yet. */
  get waiting(): number {
    return this.written.length - this.acknowledged.size;
  }

  async write(messages: number, perSecond: number): Promise<void> {
    const startedAt = performance.now();
    for (let index = 0; index < messages; index++) {
      const text = `question ${this.written.length}`;
      const at = performance.now();
      const id = this.#client.thread.send(text);
      this.#writtenAt.set(id, at);
      this.written.push({ id, text });
      await pause(Math.max(0, startedAt + ((index + 1) * 1000) / perSecond - performance.now()));
    }
  }

  /** Writes at an even pace until it is told to stop, and waits when too much piles up. */
  async writeUntil(signal: AbortSignal, perSecond: number): Promise<void> {
    while (!signal.aborted) {
      await this.write(1, perSecond);
      await this.#client.until(() => this.waiting < MAX_WAITING);
    }
  }

  /** Resolves when all that was written is acknowledged and answered. */
  async settled(): Promise<void> {
    await this.#client.until(() => this.waiting === 0 && !this.#client.thread.running);
  }
}
