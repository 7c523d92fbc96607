import type { Disposable } from "../../protocol/util/disposable.ts";
import type { HostMessage, ViewMessage } from "../../protocol/webview/contract.ts";

/** What the panel runs in: it sends state and takes wishes. The panel itself reaches nothing. */
export interface Host {
  post(message: ViewMessage): void;
  onMessage(listener: (message: HostMessage) => void): Disposable;
}
