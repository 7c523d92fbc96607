import { execFile } from "node:child_process";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import { asObject, asString } from "../../protocol/gateway/json.ts";

export interface LocalCall {
  /** `dist/sidecar.mjs` of this extension. */
  readonly file: string;
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

export type LocalAnswer =
  | { readonly ok: true; readonly payload: Readonly<Record<string, unknown>> }
  /** The CLI's own sentence. */
  | { readonly ok: false; readonly why: string };

const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs one command of the sidecar's own CLI on this computer: in VS Code's own Node, and when that one cannot, in the `node`
 * of the person. @throws CancelledError
 */
export async function callLocalSidecar(call: LocalCall): Promise<LocalAnswer> {
  const first = await runIn(process.execPath, call);
  if (first.ok || !/\b(?:Node|SQLite)\b/.test(first.why)) return first;
  const second = await runIn("node", call);
  // The person can do more about their own Node than about VS Code's, but only if they have one.
  return second.ok || second.why !== "" ? second : first;
}

function runIn(node: string, { file, words, env, signal, timeoutMs }: LocalCall): Promise<LocalAnswer> {
  const options = { env: childEnv(env), signal, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
  return new Promise((resolve, reject) => {
    execFile(node, [file, ...words, "--json"], options, (error, stdout, stderr) => {
      if (signal.aborted) return reject(new CancelledError());
      const payload = asObject(parse(stdout));
      const said = asString(asObject(payload["error"])["message"]);
      if (error === null && said === undefined) return resolve({ ok: true, payload });
      return resolve({ ok: false, why: said ?? lastLine(stderr) });
    });
  });
}

/** Nothing of VS Code's own goes along, but for the switch that makes its executable a Node. */
function childEnv(env: LocalCall["env"]): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || /^(?:VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name) ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";
