import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { OutboxEntry, OutboxStorage } from "../../protocol/chat/outbox.ts";
import { asNumber, asObject, asString } from "../../protocol/gateway/json.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { codeOf } from "../../remote/net/dial.ts";

/** Bytes of one kept message. What is larger was not written here. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Messages that are read back for one session, and sessions for one Gateway. */
const MOST_FILES = 10_000;
/** A half-written file that is older, in milliseconds, belongs to nobody who still writes. */
const DRAFT_AGE_MS = 60_000;
const ENTRY = /^[0-9a-f]{32}\.json$/;
const DRAFT = /^[0-9a-f]{32}\.json\.[0-9a-f-]{36}\.draft$/;
const FOLDER = /^[0-9a-f]{32}$/;

/** One message as it stands in its file. */
interface Kept {
  readonly sessionKey: string;
  /** Its place among the messages of its session; two may be written in one millisecond. */
  readonly order: number;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** What one outbox has on disk, by the id of the message. */
type Written = Map<string, { readonly text: string; readonly order: number }>;

/**
 * The unconfirmed messages of this workspace on disk: a folder a session, a file a message, each written whole and flushed
 * before `save` returns. So what the window calls queued is there after the extension host was killed (VS Code's Memento
 * is written some time later), and two windows that share the folder never write over each other's messages.
 */
export class OutboxStore {
  readonly #root: string;
  readonly #logger: Logger;
  readonly #onLosing: ((code: string) => void) | undefined;
  #isKeeping = true;

  /**
   * @param root a folder of this workspace; it is made when the first message is kept
   * @param onLosing hears once, with the code of the file system, when messages can no longer be kept
   */
  constructor(root: string, logger: Logger, onLosing?: (code: string) => void) {
    this.#root = root;
    this.#logger = logger;
    this.#onLosing = onLosing;
  }

  /** The storage of one session. */
  open(gateway: string, sessionKey: string): OutboxStorage {
    const folder = join(this.#root, hash(gateway), hash(sessionKey));
    const written: Written = new Map();
    return {
      load: () => {
        dropDrafts(folder);
        const kept = this.#read(folder);
        for (const { entry, order } of kept)
          written.set(asString(entry["id"]) ?? "", { text: JSON.stringify(entry), order });
        return kept.map(({ entry }) => entry);
      },
      save: (entries) => this.#save(folder, { sessionKey, entries, written }),
    };
  }

  /** The sessions of a Gateway that have messages to send or to reconcile. */
  sessions(gateway: string): readonly string[] {
    const folder = join(this.#root, hash(gateway));
    return names(folder, FOLDER).flatMap((name) => {
      const key = this.#read(join(folder, name))[0]?.sessionKey;
      return key !== undefined && hash(key) === name ? [key] : [];
    });
  }

  /** Only what this session's outbox itself wrote or read is replaced or removed. */
  #save(
    folder: string,
    {
      sessionKey,
      entries,
      written,
    }: {
      readonly sessionKey: string;
      readonly entries: readonly OutboxEntry[];
      readonly written: Written;
    },
  ): void {
    try {
      for (const entry of entries) {
        const text = JSON.stringify(entry);
        const before = written.get(entry.id);
        if (before?.text === text) continue;
        const order = before?.order ?? Math.max(0, ...[...written.values()].map((one) => one.order)) + 1;
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeWhole(fileOf(folder, entry.id), JSON.stringify({ sessionKey, order, entry }));
        written.set(entry.id, { text, order });
      }
      const present = new Set(entries.map(({ id }) => id));
      for (const id of [...written.keys()].filter((known) => !present.has(known))) {
        rmSync(fileOf(folder, id), { force: true });
        written.delete(id);
      }
      this.#isKeeping = true;
    } catch (error) {
      if (this.#isKeeping) this.#onLosing?.(codeOf(error) ?? "unknown");
      this.#isKeeping = false;
      this.#logger.error(`A message could not be kept on disk, and is lost if this window ends now: ${String(error)}`);
    }
  }

  /** In the order they were written in. What is no message of ours is left alone. */
  #read(folder: string): readonly Kept[] {
    return names(folder, ENTRY)
      .flatMap((name) => {
        const kept = this.#readFile(join(folder, name));
        const entry = asObject(kept["entry"]);
        const sessionKey = asString(kept["sessionKey"]);
        const id = asString(entry["id"]);
        return sessionKey === undefined || id === undefined || `${hash(id)}.json` !== name
          ? []
          : [{ sessionKey, order: asNumber(kept["order"]) ?? 0, entry }];
      })
      .sort((a, b) => a.order - b.order || (asNumber(a.entry["at"]) ?? 0) - (asNumber(b.entry["at"]) ?? 0));
  }

  #readFile(path: string): Readonly<Record<string, unknown>> {
    try {
      return statSync(path).size > MOST_BYTES ? {} : asObject(JSON.parse(readFileSync(path, "utf8")));
    } catch (error) {
      this.#logger.warn(`A kept message could not be read: ${String(error)}`);
      return {};
    }
  }
}

/** Keys and ids come from Gateways and people; none of them becomes a path. */
const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);
const fileOf = (folder: string, id: string): string => join(folder, `${hash(id)}.json`);

function names(folder: string, pattern: RegExp): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .slice(0, MOST_FILES);
  } catch {
    return [];
  }
}

function dropDrafts(folder: string): void {
  for (const path of names(folder, DRAFT).map((name) => join(folder, name))) {
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > DRAFT_AGE_MS) rmSync(path, { force: true });
  }
}

function writeWhole(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}.draft`;
  const file = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
