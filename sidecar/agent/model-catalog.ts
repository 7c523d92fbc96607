import type { ModelEntry, ProviderConfig, SidecarConfig } from "../config/config.ts";
import { resolveSecret } from "../config/secret.ts";

export interface ResolvedModel {
  readonly provider: ProviderConfig;
  readonly entry: ModelEntry;
  /** `provider/model` */
  readonly ref: string;
}

/** A model that can be asked, or the sentence that says why not. */
export type ModelChoice =
  | { readonly ok: true; readonly model: ResolvedModel; readonly apiKey: string | undefined }
  | { readonly ok: false; readonly why: string };

const SPOKEN = new Set(["openai-completions", "anthropic-messages"]);
const ASSUMED = { contextWindow: 128_000, maxTokens: undefined, reasoning: false } as const;

/** The models of the config. */
export class ModelCatalog {
  #config: SidecarConfig;

  constructor(config: SidecarConfig) {
    this.#config = config;
  }

  /** From now on the models of another config; what runs goes on as it began. */
  use(config: SidecarConfig): void {
    this.#config = config;
  }

  get configPath(): string {
    return this.#config.path;
  }

  /** The configured default; without one, the only model there is. */
  primary(): ResolvedModel | undefined {
    const { primaryModel } = this.#config;
    if (primaryModel !== undefined) return this.find(primaryModel);
    const all = this.list();
    return all.length === 1 ? all[0] : undefined;
  }

  list(): readonly ResolvedModel[] {
    return [...this.#config.providers.values()].flatMap((provider) =>
      provider.models.map((entry) => ({ provider, entry, ref: `${provider.name}/${entry.id}` })),
    );
  }

  /** The model of a session: its own, else the default. */
  resolve(override: string | undefined): ResolvedModel | undefined {
    return override === undefined ? this.primary() : (this.find(override) ?? this.primary());
  }

  /** Finds `provider/model`, or a model id that only one provider has. */
  match(wish: string): ResolvedModel | undefined {
    const exact = this.list().find((model) => model.ref === wish);
    if (exact !== undefined) return exact;
    const byId = this.list().filter((model) => model.entry.id === wish);
    return byId.length === 1 ? byId[0] : undefined;
  }

  /**
   * The model of `provider/model`. A provider may list no models, or not all of them: what its endpoint does not know, its
   * endpoint will say.
   */
  find(ref: string): ResolvedModel | undefined {
    const known = this.list().find((model) => model.ref === ref);
    if (known !== undefined) return known;
    const slash = ref.indexOf("/");
    const provider = this.#config.providers.get(ref.slice(0, slash));
    const id = ref.slice(slash + 1);
    return provider === undefined ? undefined : { provider, entry: { ...ASSUMED, id, name: id }, ref };
  }

  /** What a run asks, with the key to ask it. The key is in no sentence. */
  choose(override: string | undefined): ModelChoice {
    const model = this.resolve(override);
    if (model === undefined) return { ok: false, why: this.#whyNone() };
    const { provider } = model;
    if (!SPOKEN.has(provider.api)) {
      return {
        ok: false,
        why: `The provider "${provider.name}" speaks "${provider.api}", which the sidecar does not; it speaks ${[...SPOKEN].join(" and ")}.`,
      };
    }
    if (provider.apiKey === undefined) return { ok: true, model, apiKey: undefined };
    const key = resolveSecret(provider.apiKey);
    if (key.ok) return { ok: true, model, apiKey: key.value };
    return { ok: false, why: `The API key of the provider "${provider.name}" cannot be read: ${key.why}.` };
  }

  #whyNone(): string {
    const { primaryModel, path } = this.#config;
    if (primaryModel !== undefined) {
      return `The model "${primaryModel}" is set, but ${path} has no provider "${primaryModel.split("/")[0]}" under models.providers.`;
    }
    return HOW_TO_SET_A_MODEL.replace("{path}", () => path);
  }
}

const HOW_TO_SET_A_MODEL = `No model is configured yet, so I cannot answer. Put one into \`{path}\` on this host and restart the sidecar, for example a local Ollama:

\`\`\`json5
{
  models: {
    providers: {
      ollama: { baseUrl: "http://127.0.0.1:11434/v1", api: "openai-completions", models: [{ id: "llama3.2", name: "Llama 3.2" }] },
    },
  },
  agents: { defaults: { model: { primary: "ollama/llama3.2" } } },
}
\`\`\`

Any OpenAI-compatible endpoint works the same way; give it a key with \`apiKey: "\${NAME_OF_AN_ENVIRONMENT_VARIABLE}"\`. Slash commands such as /help work without a model.`;
