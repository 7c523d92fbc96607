import { open } from "node:fs/promises";
import { join } from "node:path";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { asNumber, asString } from "../../protocol/gateway/json.ts";
import { printable } from "../../remote/target/printable.ts";
import { type LocalAnswer, callLocalSidecar } from "./local-cli.ts";
import type { SidecarPlace, SidecarRun } from "./sidecar-place.ts";

export interface LocalPlaceOptions {
  /** This computer, in the person's words. */
  readonly name: string;
  readonly file: string;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 20_000;
/** The CLI has its own, shorter patience. */
const SLACK_MS = 10_000;
const LOG_TAIL_BYTES = 256 * 1024;

/** This computer asks nobody before it starts what the person has told it to start. */
export interface LocalPlace extends SidecarPlace {
  start(signal: AbortSignal): Promise<SidecarRun>;
}

/** The sidecar of this computer: the one file of this extension, with the state directory of the person. */
export function localPlace({ name, file, stateDir, env }: LocalPlaceOptions): LocalPlace {
  const call = (words: readonly string[], timeoutMs: number, signal: AbortSignal) => {
    const timeout = ["--timeout", String(timeoutMs)];
    const all = [...words, "--state-dir", stateDir, ...timeout];
    return callLocalSidecar({ file, words: all, env, signal, timeoutMs: timeoutMs + SLACK_MS });
  };
  const start = async (signal: AbortSignal): Promise<SidecarRun> => {
    let answer = await call(["start"], START_TIMEOUT_MS, signal);
    if (!answer.ok && /^The sidecar did not start: Port \d+ /.test(answer.why))
      answer = await call(["start", "--port", "0"], START_TIMEOUT_MS, signal);
    return runOf(answer);
  };
  const stop = async (signal: AbortSignal): Promise<boolean> => {
    const answer = await call(["stop"], STOP_TIMEOUT_MS, signal);
    if (!answer.ok) throw failed("SIDECAR_STOP_FAILED", answer.why);
    return answer.payload["stopped"] === true;
  };
  return {
    name,
    install: start,
    start,
    stop,
    async update(signal) {
      await stop(signal);
      return start(signal);
    },
    uninstall: undefined,
    log: () => readTail(join(stateDir, "logs", "sidecar.log")),
  };
}

function runOf(answer: LocalAnswer): SidecarRun {
  if (!answer.ok) throw failed("SIDECAR_START_FAILED", answer.why);
  const port = asNumber(answer.payload["port"]);
  if (port === undefined) throw failed("SIDECAR_START_FAILED", "it did not say where it listens");
  const version = asString(answer.payload["version"]) ?? "?";
  return { port, version, alreadyRunning: answer.payload["alreadyRunning"] === true };
}

function failed(code: "SIDECAR_START_FAILED" | "SIDECAR_STOP_FAILED", why: string): ConnectError {
  const facts = [
    { label: "host", value: HOST },
    { label: "detail", value: printable(why, 300) },
  ] as const;
  return new ConnectError(code, `The sidecar of this computer: ${why}`, { step: "find-gateway", facts });
}

async function readTail(path: string): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.toString("utf8", 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    await file.close();
  }
}
