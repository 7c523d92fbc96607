import { toDisposable } from "../../protocol/util/disposable.ts";
import type { Host } from "./host.ts";
import { isHostMessage } from "./host-message.ts";

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

/** The panel in a VS Code webview. To be made once: VS Code gives its API to one taker. */
export function vscodeHost(): Host {
  const api = acquireVsCodeApi();
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- not a window: VS Code's API takes the message alone
    post: (message) => api.postMessage(message),
    onMessage: (listener) => {
      const receive = (event: MessageEvent<unknown>): void => {
        if (isHostMessage(event.data)) listener(event.data);
      };
      window.addEventListener("message", receive);
      return toDisposable(() => window.removeEventListener("message", receive));
    },
  };
}
