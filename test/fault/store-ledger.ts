import { randomUUID } from "node:crypto";
import { mkdtemp, cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readHistory } from "../../protocol/chat/history.ts";
import { RawGatewayClient, type ResFrame } from "../support/raw-gateway-client.ts";
import { type Figure, count } from "./figure.ts";

/** Several, so that questions which wait for a broken disk do not fill the one lane of a session. */
const SESSIONS = Array.from({ length: 12 }, (_, index) => `ledger-${index}`);
const SETTLE_MS = 30_000;
const CLI = { identity: null, client: { id: "cli", mode: "cli" } } as const;

interface Gateway {
  readonly url: string;
  readonly token: string;
}

/** What was sent to a Gateway and what it said, to be held against what it has in the end. */
export class Ledger {
  /** Keys that were acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Keys that were refused or not answered, in the order of sending. */
  readonly open = new Set<string>();
  /** Refusals that do not say that they are to be tried again. */
  readonly odd: string[] = [];
  /** Refusals because of the disk. */
  refusals = 0;
  #sent = 0;
  /** A retry must be the same question, in the same session. */
  readonly #sessionOf = new Map<string, string>();

  /** Sends a question under a key, a new one or one that was not acknowledged, and notes the answer. */
  async send(client: RawGatewayClient, key: string = randomUUID()): Promise<ResFrame | undefined> {
    this.open.add(key);
    const sessionKey = this.#sessionOf.get(key) ?? SESSIONS[this.#sent++ % SESSIONS.length] ?? "ledger";
    this.#sessionOf.set(key, sessionKey);
    const params = { sessionKey, message: `question ${key}`, idempotencyKey: key };
    const answer = await client.request("chat.send", params).catch(() => undefined);
    if (answer?.ok === true) {
      this.acknowledged.add(key);
      this.open.delete(key);
    } else if (answer !== undefined) {
      if (answer.error?.message.includes("nothing was saved") === true) this.refusals += 1;
      if (answer.error?.code !== "UNAVAILABLE" || answer.error.retryAfterMs === undefined) {
        this.odd.push(JSON.stringify(answer.error));
      }
    }
    return answer;
  }

  /** Sends again what was not acknowledged, as a client does, until it is or too much time has gone by. */
  async sendAgain(client: RawGatewayClient): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    while (this.open.size > 0 && client.isOpen && performance.now() < deadline) {
      const waiting = Array.from(this.open);
      for (const key of waiting) await this.send(client, key);
      if (this.open.size > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Holds what a Gateway has against what it has said. */
  async judge(gateway: Gateway, stateDir: string): Promise<readonly Figure[]> {
    const asked = await readKeys(gateway);
    const lost = [...this.acknowledged].filter((key) => !asked.includes(key));
    return [
      count(`acknowledged and lost, of ${this.acknowledged.size}`, lost.length, 0),
      count("doubled", asked.length - new Set(asked).size, 0),
      count("refusals that do not say to try again", this.odd.length, 0),
      count("stores damaged", (await isIntact(stateDir)) ? 0 : 1, 0),
    ];
  }
}

export async function openCli(gateway: Gateway): Promise<RawGatewayClient> {
  const client = await RawGatewayClient.open(gateway.url);
  const answer = await client.hello(gateway.token, CLI);
  if (!answer.ok) throw new Error(`connect was refused: ${JSON.stringify(answer.error)}`);
  return client;
}

/** The idempotency keys of all questions in the transcripts. */
async function readKeys(gateway: Gateway): Promise<readonly string[]> {
  const client = await openCli(gateway);
  const keys: string[] = [];
  for (const sessionKey of SESSIONS) {
    for (let offset: number | undefined = 0; offset !== undefined;) {
      const page = readHistory(await client.call("chat.history", { sessionKey, limit: 500, offset }));
      keys.push(...page.rows.flatMap(({ sendKey }) => sendKey ?? []));
      offset = page.nextOffset;
    }
  }
  await client.close();
  return keys;
}

/** SQLite's own verdict on a copy of the store, its write-ahead log included. */
async function isIntact(stateDir: string): Promise<boolean> {
  const copy = await mkdtemp(join(tmpdir(), "openclaw-store-copy-"));
  try {
    for (const name of ["sidecar.sqlite", "sidecar.sqlite-wal"])
      await cp(join(stateDir, name), join(copy, name)).catch(() => undefined);
    const db = new DatabaseSync(join(copy, "sidecar.sqlite"));
    const verdict = db.prepare("PRAGMA integrity_check").get();
    db.close();
    return verdict?.["integrity_check"] === "ok";
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
