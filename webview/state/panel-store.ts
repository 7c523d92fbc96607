import { type ReadonlySignal, type Signal, batch, computed, signal } from "@preact/signals";
import {
  type ChatItem,
  type TranscriptPatch,
  type TranscriptView,
  applyPatch,
  emptyTranscript,
} from "../../protocol/chat/transcript.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type {
  CommandOption,
  HostMessage,
  HostMessages,
  ModelOption,
  PanelState,
} from "../../protocol/webview/contract.ts";
import { PatchQueue } from "./patch-queue.ts";

const NO_ITEMS: readonly ChatItem[] = [];

/** What the host asks of the composer. */
export type ComposerWish =
  | { readonly type: "focus" }
  | { readonly type: "insert"; readonly text: string }
  /** Takes the place of what is typed: a question to be edited and sent again. */
  | { readonly type: "replace"; readonly text: string }
  /** Another session is about to be opened: what is typed belongs to this one. */
  | { readonly type: "leave" }
  | { readonly type: "accepted"; readonly clientId: string }
  | ({ readonly type: "mentions" } & HostMessages["mentions"])
  | ({ readonly type: "mention" } & HostMessages["mention"]);

/** The state of the panel: what the host said last, and nothing that the host does not know. */
export class PanelStore {
  readonly #panel = signal<PanelState | undefined>(undefined);
  readonly #transcript = signal<TranscriptView>(emptyTranscript);
  readonly #transcriptKey = signal("");
  readonly #wishes = new Emitter<ComposerWish>();
  readonly #queue: PatchQueue;
  readonly #wasConnected = signal(false);
  readonly #commands = signal<readonly CommandOption[]>([]);
  readonly #models = signal<readonly ModelOption[]>([]);
  /** There is a chat to show, whatever the connection does now. */
  readonly hasChat: ReadonlySignal<boolean> = computed(
    () => this.#wasConnected.value || this.shownItems.value.length > 0,
  );
  /** The items of the session that is selected; none while its transcript has not come. */
  readonly shownItems: ReadonlySignal<readonly ChatItem[]> = computed(() =>
    this.#transcriptKey.value === this.#panel.value?.sessionKey ? this.#transcript.value.items : NO_ITEMS,
  );
  /** Earlier messages were asked for and have not come. */
  readonly loadingEarlier: Signal<boolean> = signal(false);

  constructor(schedule?: (run: () => void) => () => void) {
    this.#queue = new PatchQueue((patches) => this.#apply(patches), schedule);
  }

  get panel(): ReadonlySignal<PanelState | undefined> {
    return this.#panel;
  }

  get transcript(): ReadonlySignal<TranscriptView> {
    return this.#transcript;
  }

  /** The session that the transcript belongs to; it lags behind `panel.sessionKey` while a session is being opened. */
  get transcriptKey(): ReadonlySignal<string> {
    return this.#transcriptKey;
  }

  /** What `/` offers. */
  get commands(): ReadonlySignal<readonly CommandOption[]> {
    return this.#commands;
  }

  get models(): ReadonlySignal<readonly ModelOption[]> {
    return this.#models;
  }

  readonly onWish = this.#wishes.event;

  wish(wish: ComposerWish): void {
    this.#wishes.fire(wish);
  }

  receive(message: HostMessage): void {
    switch (message.type) {
      case "state":
        // What was appended before the state is rendered with it: "done" must not overtake the last words.
        this.#queue.flush();
        this.#receiveState(message);
        return;
      case "transcript":
        return this.#receivePatch(message.sessionKey, message.patch);
      case "focusComposer":
        return this.wish({ type: "focus" });
      case "insertText":
        return this.wish({ type: "insert", text: message.text });
      case "accepted":
      case "mentions":
      case "mention":
        return this.wish(message);
      case "commands":
        this.#commands.value = message.commands;
        return;
      case "models":
        this.#models.value = message.models;
    }
  }

  #receiveState(panel: PanelState): void {
    const { phase } = panel.connection;
    batch(() => {
      if (this.#panel.value?.gateway !== panel.gateway) {
        this.#wasConnected.value = false;
        this.#transcript.value = emptyTranscript;
      }
      this.#panel.value = panel;
      // Nobody will answer what was asked over a connection that is gone.
      if (phase !== "connected") this.loadingEarlier.value = false;
      if (phase === "connected") this.#wasConnected.value = true;
      else if (phase === "disconnected" || phase === "failed") this.#wasConnected.value = false;
    });
  }

  #receivePatch(sessionKey: string, patch: TranscriptPatch): void {
    if (sessionKey !== this.#transcriptKey.value) {
      // Only a reset opens another session; the rest is a late word about one that was left.
      if (patch.type !== "reset") return;
      this.#queue.flush();
      batch(() => {
        this.#transcriptKey.value = sessionKey;
        this.#apply([patch]);
      });
      return;
    }
    this.#queue.add(patch);
  }

  #apply(patches: readonly TranscriptPatch[]): void {
    batch(() => {
      this.#transcript.value = patches.reduce(applyPatch, this.#transcript.value);
      if (patches.some((patch) => patch.type === "prepend" || patch.type === "reset"))
        this.loadingEarlier.value = false;
    });
  }
}
