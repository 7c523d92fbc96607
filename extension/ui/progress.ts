import * as vscode from "vscode";
import { CHAT_VIEW } from "../commands/ids.ts";
import { CancelledError } from "../../protocol/errors/connect-error.ts";

/** The progress line of the chat view; the panel itself shows the steps and has the Cancel. */
export function viewProgress<T>(work: Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: { viewId: CHAT_VIEW } }, async () => work);
}

/** A notification with Cancel, for what happens outside the chat. @throws CancelledError when it was pressed */
export function cancellableProgress<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Thenable<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress(
    { location, title: `OpenClaw: ${title}`, cancellable: true },
    async (_report, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort(new CancelledError()));
      return work(abort.signal);
    },
  );
}
