import { type JsonObject, asArray, asNumber, asObject, asString } from "../../protocol/gateway/json.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { CommandOption, ModelOption } from "../../protocol/webview/contract.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";
import { clip } from "./clip.ts";

/** A Gateway that offers more is cut: nobody looks through that many. */
const MOST_COMMANDS = 500;
const MOST_MODELS = 1_000;
const MOST_NAME = 200;
const MOST_DESCRIPTION = 300;

type CatalogLink = Pick<GatewayLink, "request" | "onSession" | "onChange" | "view">;

/** What the Gateway offers to type and to choose: slash commands and models. Read after every hello. */
export class GatewayCatalog implements Disposable {
  readonly #link: CatalogLink;
  readonly #logger: Logger;
  readonly #scope = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #gateway = "";
  #commands: readonly CommandOption[] = [];
  #models: readonly ModelOption[] = [];

  constructor(link: CatalogLink, logger: Logger) {
    this.#link = link;
    this.#logger = logger;
    this.#scope.add(link.onSession(() => void this.#read()));
    this.#scope.add(link.onChange(() => this.#onLinkChange()));
  }

  readonly onChange = (listener: () => void): Disposable => this.#changed.event(listener);

  get commands(): readonly CommandOption[] {
    return this.#commands;
  }

  get models(): readonly ModelOption[] {
    return this.#models;
  }

  dispose(): void {
    this.#scope.dispose();
    this.#changed.dispose();
  }

  /** Another Gateway offers other things. */
  #onLinkChange(): void {
    const { profile } = this.#link.view;
    const gateway = profile === undefined ? "" : targetKey(profile.target);
    if (gateway === this.#gateway) return;
    this.#gateway = gateway;
    this.#put([], []);
  }

  async #read(): Promise<void> {
    const gateway = this.#gateway;
    const [commands, models] = await Promise.all([
      this.#ask("commands.list", { scope: "text", includeArgs: false }),
      this.#ask("models.list", { view: "configured" }),
    ]);
    if (gateway !== this.#gateway) return;
    this.#put(
      commands === undefined ? this.#commands : readCommands(commands),
      models === undefined ? this.#models : readModels(models),
    );
  }

  /** `undefined` when the Gateway does not offer the method or does not answer; then what was known stays. */
  async #ask(method: string, params: JsonObject): Promise<JsonObject | undefined> {
    const { state } = this.#link.view;
    if (state.phase !== "connected" || !state.server.methods.includes(method)) return {};
    try {
      return asObject(await this.#link.request(method, params));
    } catch (error) {
      this.#logger.warn(`${method}: ${String(error)}`);
      return undefined;
    }
  }

  #put(commands: readonly CommandOption[], models: readonly ModelOption[]): void {
    if (JSON.stringify([commands, models]) === JSON.stringify([this.#commands, this.#models])) return;
    this.#commands = commands;
    this.#models = models;
    this.#changed.fire();
  }
}

/** Pure: `commands.list` as the composer offers it; what cannot be typed as one word is left out. */
export function readCommands(answer: JsonObject): readonly CommandOption[] {
  const seen = new Set<string>();
  return asArray(answer["commands"])
    .slice(0, MOST_COMMANDS)
    .flatMap((value): CommandOption[] => {
      const entry = asObject(value);
      const word = (asString(entry["name"]) ?? "").replace(/^\//, "");
      if (!/^[\p{L}\p{N}][\p{L}\p{N}_:.-]*$/u.test(word) || word.length > MOST_NAME || seen.has(word)) return [];
      seen.add(word);
      const description = clip(asString(entry["description"]) ?? "", MOST_DESCRIPTION);
      return [{ name: `/${word}`, description, acceptsArgs: entry["acceptsArgs"] === true }];
    });
}

/** Pure: `models.list` as the picker offers it. */
export function readModels(answer: JsonObject): readonly ModelOption[] {
  return asArray(answer["models"])
    .slice(0, MOST_MODELS)
    .flatMap((value): ModelOption[] => {
      const entry = asObject(value);
      const id = asString(entry["id"]) ?? "";
      const provider = asString(entry["provider"]) ?? "";
      const ref = `${provider}/${id}`;
      if (id === "" || provider === "" || ref.length > MOST_NAME || entry["manualSelectionAllowed"] === false)
        return [];
      return [
        {
          ref,
          name: clip(asString(entry["name"]) ?? id, MOST_NAME),
          provider: clip(provider, MOST_NAME),
          contextTokens: asNumber(entry["contextWindow"]),
          isAvailable: entry["available"] !== false,
        },
      ];
    });
}
