import type { ModelEntry, ProviderConfig } from "../config/config.ts";

/** One turn of the conversation that a model is given. */
export interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface ModelRequest {
  readonly provider: ProviderConfig;
  readonly entry: ModelEntry;
  readonly apiKey: string | undefined;
  readonly system: string;
  readonly turns: readonly Turn[];
  /** Aborting ends the stream; what it throws then is ignored. */
  readonly signal: AbortSignal;
}

export interface Usage {
  readonly input: number;
  readonly output: number;
}

/** What a model says, piece by piece. Tools will add their own kinds. */
export type ModelPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "end";
      readonly stopReason: string;
      readonly usage: Usage;
      readonly responseId: string | undefined;
    };

/** Asks a model. The stream ends after `end`, or throws what the provider failed with. */
export type ModelStream = (request: ModelRequest) => AsyncIterable<ModelPart>;

/** Gives the stream; whoever implements it loads its SDK only then. */
export type ModelLoader = () => Promise<ModelStream>;
