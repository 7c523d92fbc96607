import type { GatewayEvent, GatewaySession } from "../../protocol/client/gateway-session.ts";
import { type JsonObject, asArray, asNumber, asObject, asString } from "../../protocol/gateway/json.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { clip } from "./clip.ts";
import { targetKey } from "../connection/profile.ts";

/** Sessions that are asked for at once; the Gateway sends the newest. */
const LIST_LIMIT = 200;
/** Sessions that are kept, whatever a Gateway sends. */
const MOST_ROWS = 500;
/** Gateways whose list is remembered while another one is in front. */
const MOST_LEFT = 8;
const MOST_KEY = 512;
const MOST_TITLE = 200;
/** Between two reads of the list, milliseconds: events may come faster than anybody reads. */
const READ_PAUSE_MS = 250;

/** A session as the Gateway's list shows it, read tolerantly. */
export interface SessionRow {
  readonly key: string;
  /** Changes when the session starts over. */
  readonly sessionId: string | undefined;
  /** What a person or the Gateway called it. */
  readonly title: string | undefined;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number | undefined;
  readonly unread: boolean;
  readonly running: boolean;
  readonly model: string | undefined;
  readonly modelProvider: string | undefined;
  readonly totalTokens: number | undefined;
  readonly contextTokens: number | undefined;
  readonly costUsd: number | undefined;
}

export type DefaultModel = Pick<SessionRow, "model" | "modelProvider">;

const NO_MODEL: DefaultModel = { model: undefined, modelProvider: undefined };

type ListLink = Pick<GatewayLink, "request" | "onEvent" | "onSession" | "onGap" | "onChange" | "view">;

/** The sessions of the Gateway in front, newest first: one list for all panels, kept by `sessions.changed`. */
export class SessionList implements Disposable {
  readonly #link: ListLink;
  readonly #logger: Logger;
  readonly #scope = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #rows: readonly SessionRow[] = [];
  #defaultModel: DefaultModel = NO_MODEL;
  #gateway = "";
  /** The lists of Gateways that were in front before, shown until they are read again. */
  readonly #left = new Map<string, { readonly rows: readonly SessionRow[]; readonly defaultModel: DefaultModel }>();
  #reading: ReturnType<typeof setTimeout> | undefined;
  #isStale = false;

  constructor(link: ListLink, logger: Logger) {
    this.#link = link;
    this.#logger = logger;
    this.#scope.add(link.onSession((session) => void this.#bootstrap(session)));
    this.#scope.add(link.onGap(() => void this.#read()));
    this.#scope.add(link.onChange(() => this.#onLinkChange()));
    this.#scope.add(link.onEvent((event) => this.#onEvent(event)));
  }

  readonly onChange = (listener: () => void): Disposable => this.#changed.event(listener);

  get rows(): readonly SessionRow[] {
    return this.#rows;
  }

  /** The model of a session that names none. */
  get defaultModel(): DefaultModel {
    return this.#defaultModel;
  }

  /** Reads the list again, after a change of ours. Never rejects. */
  refresh(): Promise<void> {
    return this.#read();
  }

  row(key: string): SessionRow | undefined {
    return this.#rows.find((row) => row.key === key);
  }

  dispose(): void {
    clearTimeout(this.#reading);
    this.#scope.dispose();
    this.#changed.dispose();
  }

  /** Another Gateway has other sessions. */
  #onLinkChange(): void {
    const { profile } = this.#link.view;
    const gateway = profile === undefined ? "" : targetKey(profile.target);
    if (gateway === this.#gateway) return;
    this.#left.delete(this.#gateway);
    this.#left.set(this.#gateway, { rows: this.#rows, defaultModel: this.#defaultModel });
    const oldest = this.#left.keys().next().value;
    if (this.#left.size > MOST_LEFT && oldest !== undefined) this.#left.delete(oldest);
    this.#gateway = gateway;
    const before = this.#left.get(gateway);
    this.#defaultModel = before?.defaultModel ?? NO_MODEL;
    this.#put(before?.rows ?? []);
  }

  /** Subscribes first, so that no change between the list and the events is missed. */
  async #bootstrap(session: GatewaySession): Promise<void> {
    try {
      await session.request("sessions.subscribe", {});
    } catch (error) {
      this.#logger.warn(`sessions.subscribe: ${String(error)}`);
    }
    await this.#read();
  }

  /** One read at a time; wishes that come during one are one more read after it. */
  #readSoon(): void {
    if (this.#reading !== undefined) return;
    this.#reading = setTimeout(() => {
      this.#isStale = false;
      void this.#read().finally(() => {
        this.#reading = undefined;
        if (this.#isStale && !this.#scope.isDisposed) this.#readSoon();
      });
    }, READ_PAUSE_MS);
  }

  async #read(): Promise<void> {
    const gateway = this.#gateway;
    try {
      const answer = asObject(
        await this.#link.request("sessions.list", { limit: LIST_LIMIT, includeDerivedTitles: true }),
      );
      // Another Gateway may have come to the front meanwhile.
      if (gateway !== this.#gateway) return;
      const defaults = asObject(answer["defaults"]);
      this.#defaultModel = { model: nameOf(defaults["model"]), modelProvider: nameOf(defaults["modelProvider"]) };
      this.#put(
        asArray(answer["sessions"])
          .slice(0, MOST_ROWS)
          .flatMap((row) => readSessionRow(asObject(row)) ?? []),
      );
    } catch (error) {
      this.#logger.warn(`sessions.list: ${String(error)}`);
    }
  }

  #onEvent({ event, payload }: GatewayEvent): void {
    if (event !== "sessions.changed") return;
    const change = asObject(payload);
    const row = readSessionRow(asObject(change["session"]));
    if (row === undefined) {
      this.#isStale = this.#reading !== undefined;
      this.#readSoon();
      return;
    }
    const before = this.row(row.key);
    // Change events carry no derived title; the one of the list stays.
    const merged = row.title === undefined && before !== undefined ? { ...row, title: before.title } : row;
    this.#put([...this.#rows.filter(({ key }) => key !== row.key), merged]);
  }

  #put(rows: readonly SessionRow[]): void {
    this.#rows = [...rows].sort((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0)).slice(0, MOST_ROWS);
    this.#changed.fire();
  }
}

/** @returns `undefined` for what has no usable key, and for archived sessions */
function readSessionRow(row: JsonObject): SessionRow | undefined {
  const key = asString(row["key"]);
  if (key === undefined || key === "" || key.length > MOST_KEY || row["archived"] === true) return undefined;
  return {
    key,
    sessionId: asString(row["sessionId"]),
    title: firstText(row["label"], row["displayName"], row["derivedTitle"]),
    updatedAt: asNumber(row["updatedAt"]),
    unread: row["unread"] === true,
    running: row["hasActiveRun"] === true,
    model: nameOf(row["model"]),
    modelProvider: nameOf(row["modelProvider"]),
    totalTokens: asNumber(row["totalTokens"]),
    contextTokens: asNumber(row["contextTokens"]),
    costUsd: asNumber(row["estimatedCostUsd"]),
  };
}

const firstText = (...values: readonly unknown[]): string | undefined =>
  values.map((value) => clip(asString(value) ?? "", MOST_TITLE)).find((text) => text !== "");

const nameOf = (value: unknown): string | undefined => {
  const text = asString(value);
  return text === undefined ? undefined : clip(text, MOST_TITLE);
};
