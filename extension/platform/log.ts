import * as vscode from "vscode";
import type { Disposable } from "../../protocol/util/disposable.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { redact } from "../../protocol/util/redact.ts";

/** The output channel `OpenClaw`: a logger that knows this window's secrets and never writes one. */
export interface LogChannel extends Logger, Disposable {
  /** From now on this value is taken out of every line. */
  readonly hide: (secret: string) => void;
  /** A text as the log would write it: for what goes to the clipboard or into a document. */
  readonly clean: (text: string) => string;
  readonly show: () => void;
}

/** The level is the one that VS Code keeps for the channel (`Developer: Set Log Level…`). */
export function openLogChannel(): LogChannel {
  const channel = vscode.window.createOutputChannel("OpenClaw", { log: true });
  const secrets = new Set<string>();
  const clean = (text: string) => redact(text, secrets);
  return {
    debug: (message) => channel.debug(clean(message)),
    info: (message) => channel.info(clean(message)),
    warn: (message) => channel.warn(clean(message)),
    error: (message) => channel.error(clean(message)),
    hide: (secret) => void secrets.add(secret),
    clean,
    show: () => channel.show(true),
    dispose: () => channel.dispose(),
  };
}
