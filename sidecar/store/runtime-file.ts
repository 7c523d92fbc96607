import { rmSync } from "node:fs";
import { join } from "node:path";
import { STATE_FILES } from "../config/state-dir.ts";
import { isRecord } from "../json.ts";
import { readIfPresent, writePrivateFile } from "./private-file.ts";

/** What a running sidecar leaves for the CLI of the same profile. Holds no secret. */
export interface RuntimeInfo {
  readonly pid: number;
  readonly port: number;
  /** `ws://127.0.0.1:PORT`, or `wss:` with `tlsFingerprint` */
  readonly url: string;
  /** SHA-256 of the certificate. */
  readonly tlsFingerprint?: string;
  /** Changes with every start. */
  readonly bootId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly version: string;
  /** Tells this process from a later one with the same id (`processIdentity`); absent where the system does not say. */
  readonly process?: string;
  /** How to start the same again. */
  readonly launch?: LaunchInfo;
}

export interface LaunchInfo {
  /** Arguments of `run`, without any secret. */
  readonly args: readonly string[];
  /** `given`: by flag or environment, so that only who starts it knows it; `stored`: in a file that it finds again. */
  readonly secret: "given" | "stored";
}

export function writeRuntimeFile(stateDir: string, info: RuntimeInfo): void {
  writePrivateFile(join(stateDir, STATE_FILES.runtime), `${JSON.stringify(info)}\n`);
}

/** Removes the file, but only when it is still ours. */
export function removeRuntimeFile(stateDir: string, bootId: string): void {
  if (parseRuntimeFile(stateDir)?.bootId === bootId) rmSync(join(stateDir, STATE_FILES.runtime), { force: true });
}

/** What the file says, whether or not its process lives. */
export function parseRuntimeFile(stateDir: string): RuntimeInfo | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readIfPresent(join(stateDir, STATE_FILES.runtime)) ?? "null");
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { pid, port, url, bootId, startedAt, version } = value;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0 || typeof port !== "number") return undefined;
  if (
    typeof url !== "string" ||
    typeof bootId !== "string" ||
    typeof startedAt !== "number" ||
    typeof version !== "string"
  ) {
    return undefined;
  }
  const launch = parseLaunch(value["launch"]);
  return {
    pid,
    port,
    url,
    bootId,
    startedAt,
    version,
    ...(typeof value["tlsFingerprint"] === "string" ? { tlsFingerprint: value["tlsFingerprint"] } : {}),
    ...(typeof value["process"] === "string" ? { process: value["process"] } : {}),
    ...(launch === undefined ? {} : { launch }),
  };
}

function parseLaunch(value: unknown): LaunchInfo | undefined {
  if (!isRecord(value)) return undefined;
  const { args, secret } = value;
  if (!Array.isArray(args) || (secret !== "given" && secret !== "stored")) return undefined;
  const words = args.filter((word) => typeof word === "string");
  return words.length === args.length ? { args: words, secret } : undefined;
}

/**
 * The sidecar of this state directory, or undefined when none runs. Only the process is looked at: whether the Gateway
 * answers is for the caller to measure on its URL.
 */
export function readRuntimeFile(stateDir: string): RuntimeInfo | undefined {
  const info = parseRuntimeFile(stateDir);
  return info !== undefined && isAlive(info.pid) ? info : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
