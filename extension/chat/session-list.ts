import type { GatewayEvent, GatewaySession } from "../../protocol/client/gateway-session.ts";
import { type JsonObject, asArray, asNumber, asObject, asString } from "../../protocol/gateway/json.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";

/** Sessions that are asked for at once; the Gateway sends the newest. */
const LIST_LIMIT = 200;

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

/** The sessions of the connected Gateway, newest first: one list for all panels, kept by `sessions.changed`. */
export class SessionList implements Disposable {
  readonly #link: ListLink;
  readonly #logger: Logger;
  readonly #scope = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #rows: readonly SessionRow[] = [];
  #defaultModel: DefaultModel = NO_MODEL;
  #gateway = "";

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
    this.#scope.dispose();
    this.#changed.dispose();
  }

  /** Another Gateway has other sessions. */
  #onLinkChange(): void {
    const { profile } = this.#link.view;
    const gateway = profile === undefined ? "" : targetKey(profile.target);
    if (gateway === this.#gateway) return;
    this.#gateway = gateway;
    this.#defaultModel = NO_MODEL;
    this.#put([]);
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

  async #read(): Promise<void> {
    try {
      const answer = asObject(
        await this.#link.request("sessions.list", { limit: LIST_LIMIT, includeDerivedTitles: true }),
      );
      const defaults = asObject(answer["defaults"]);
      this.#defaultModel = { model: asString(defaults["model"]), modelProvider: asString(defaults["modelProvider"]) };
      this.#put(asArray(answer["sessions"]).flatMap((row) => readSessionRow(asObject(row)) ?? []));
    } catch (error) {
      this.#logger.warn(`sessions.list: ${String(error)}`);
    }
  }

  #onEvent({ event, payload }: GatewayEvent): void {
    if (event !== "sessions.changed") return;
    const change = asObject(payload);
    const row = readSessionRow(asObject(change["session"]));
    if (row === undefined) {
      void this.#read();
      return;
    }
    const before = this.row(row.key);
    // Change events carry no derived title; the one of the list stays.
    const merged = row.title === undefined && before !== undefined ? { ...row, title: before.title } : row;
    this.#put([...this.#rows.filter(({ key }) => key !== row.key), merged]);
  }

  #put(rows: readonly SessionRow[]): void {
    this.#rows = [...rows].sort((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
    this.#changed.fire();
  }
}

/** @returns `undefined` for what has no key, and for archived sessions */
function readSessionRow(row: JsonObject): SessionRow | undefined {
  const key = asString(row["key"]);
  if (key === undefined || row["archived"] === true) return undefined;
  return {
    key,
    sessionId: asString(row["sessionId"]),
    title: firstText(row["label"], row["displayName"], row["derivedTitle"]),
    updatedAt: asNumber(row["updatedAt"]),
    unread: row["unread"] === true,
    running: row["hasActiveRun"] === true,
    model: asString(row["model"]),
    modelProvider: asString(row["modelProvider"]),
    totalTokens: asNumber(row["totalTokens"]),
    contextTokens: asNumber(row["contextTokens"]),
    costUsd: asNumber(row["estimatedCostUsd"]),
  };
}

const firstText = (...values: readonly unknown[]): string | undefined =>
  values.flatMap((value) => asString(value)?.trim() ?? []).find((text) => text !== "");
