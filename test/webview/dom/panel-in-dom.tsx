import { render } from "preact";
import { act } from "preact/test-utils";
import type { ChatItem, TranscriptPatch } from "../../../protocol/chat/transcript.ts";
import type { HostMessage, PanelState, ViewMessage } from "../../../protocol/webview/contract.ts";
import { App } from "../../../webview/app/app.tsx";
import { PanelStore } from "../../../webview/state/panel-store.ts";

class NoResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

export const connected: PanelState = {
  locale: "en",
  place: "side",
  connection: { phase: "connected" },
  gateway: "ssh:home",
  gatewayName: "home",
  sessionKey: "main",
  sessions: [
    { key: "main", title: "Main", updatedAt: 3, unread: false, running: false, isMain: true },
    { key: "old", title: "Old", updatedAt: 2, unread: true, running: false, isMain: false },
    { key: "older", title: "Older", updatedAt: 1, unread: false, running: false, isMain: false },
  ],
  running: false,
  model: "stub-1",
  modelRef: "stub/stub-1",
  sessionActions: ["rename", "archive", "choose-model", "delete"],
  unreadSince: undefined,
  hasModel: true,
  usage: undefined,
  draft: "",
};

/** The panel in jsdom, with the host played by the test; frames run at once. */
export class PanelInDom {
  readonly posted: ViewMessage[] = [];
  readonly #store = new PanelStore((run) => {
    queueMicrotask(run);
    return () => undefined;
  });
  readonly #root = document.createElement("div");

  constructor() {
    globalThis.ResizeObserver = NoResizeObserver;
    Element.prototype.scrollIntoView = () => undefined;
    document.body.replaceChildren(this.#root);
    const host = {
      post: (message: ViewMessage) => void this.posted.push(message),
      onMessage: () => ({ dispose() {} }),
    };
    render(<App store={this.#store} host={host} root={this.#root} />, this.#root);
  }

  async state(changes: Partial<PanelState> = {}): Promise<void> {
    await act(() => this.#store.receive({ type: "state", ...connected, ...changes }));
  }

  async transcript(patch: TranscriptPatch, sessionKey = "main"): Promise<void> {
    await act(async () => {
      this.#store.receive({ type: "transcript", sessionKey, patch });
      await Promise.resolve();
    });
  }

  async show(items: readonly ChatItem[], changes: Partial<PanelState> = {}): Promise<void> {
    await this.state(changes);
    await this.transcript({ type: "reset", items, hasEarlier: false });
  }

  async accepted(clientId: string): Promise<void> {
    await act(() => this.#store.receive({ type: "accepted", clientId }));
  }

  async insertText(text: string): Promise<void> {
    await act(() => this.#store.receive({ type: "insertText", text }));
  }

  async receive(message: HostMessage): Promise<void> {
    await act(() => this.#store.receive(message));
  }

  get text(): string {
    return this.#root.textContent ?? "";
  }

  find(selector: string): HTMLElement {
    const found = this.#root.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`Nothing on the panel matches ${selector}: ${this.#root.innerHTML}`);
    return found;
  }

  all(selector: string): HTMLElement[] {
    return [...this.#root.querySelectorAll<HTMLElement>(selector)];
  }

  field(selector: string): HTMLInputElement | HTMLTextAreaElement {
    const found = this.find(selector);
    if (found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement) return found;
    throw new Error(`${selector} is no field`);
  }

  /** The control that a person knows by this name. */
  named(name: string): HTMLElement {
    const found = this.all("button, [role=option], textarea, input").find((element) => nameOf(element) === name);
    if (found === undefined)
      throw new Error(`No control is named ${name}: ${this.all("button").map(nameOf).join(" | ")}`);
    return found;
  }

  async click(name: string): Promise<void> {
    await act(() => this.named(name).click());
  }

  async type(text: string): Promise<void> {
    const field = this.field("textarea");
    await act(() => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  async press(selector: string, key: string, init: KeyboardEventInit = {}): Promise<KeyboardEvent> {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    await act(() => void this.find(selector).dispatchEvent(event));
    return event;
  }

  take<K extends ViewMessage["type"]>(type: K): Extract<ViewMessage, { type: K }>[] {
    const taken = this.posted.filter((message) => message.type === type);
    this.posted.splice(0, this.posted.length, ...this.posted.filter((message) => message.type !== type));
    return taken as Extract<ViewMessage, { type: K }>[];
  }

  leave(): void {
    render(null, this.#root);
  }
}

function nameOf(element: HTMLElement): string {
  return element.getAttribute("aria-label") ?? element.textContent?.trim() ?? "";
}
