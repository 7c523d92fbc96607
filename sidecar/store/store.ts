import type { DatabaseSync } from "node:sqlite";
import { openDatabase, transaction } from "./database.ts";
import { DeviceStore } from "./devices.ts";
import { NodeStore } from "./nodes.ts";
import { PairingRequestStore } from "./pairing-requests.ts";
import { RunStore } from "./runs.ts";
import { SessionStore } from "./sessions.ts";
import { SettingStore } from "./settings.ts";
import { TranscriptStore } from "./transcripts.ts";
import { UsageStore } from "./usage.ts";

/** Everything that outlives the process, in one SQLite file. One owner: see `openDatabase` for the lock. */
export class Store {
  readonly path: string;
  readonly sessions: SessionStore;
  readonly transcripts: TranscriptStore;
  readonly runs: RunStore;
  readonly devices: DeviceStore;
  readonly pairing: PairingRequestStore;
  readonly nodes: NodeStore;
  readonly settings: SettingStore;
  readonly usage: UsageStore;
  readonly #db: DatabaseSync;

  constructor(path: string) {
    this.path = path;
    this.#db = openDatabase(path);
    this.sessions = new SessionStore(this.#db);
    this.transcripts = new TranscriptStore(this.#db);
    this.runs = new RunStore(this.#db);
    this.devices = new DeviceStore(this.#db);
    this.pairing = new PairingRequestStore(this.#db);
    this.nodes = new NodeStore(this.#db);
    this.settings = new SettingStore(this.#db);
    this.usage = new UsageStore(this.#db);
  }

  /** On the disk when it returns, or not at all. */
  transaction<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  close(): void {
    this.#db.close();
  }
}
