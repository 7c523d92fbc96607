import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { processOf } from "../../../sidecar/service/running.ts";
import { type RuntimeInfo, parseRuntimeFile } from "../../../sidecar/store/runtime-file.ts";
import { runSidecar } from "../../support/sidecar.ts";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's home in which sidecars are started in the background; none of them outlives it. */
export interface ServiceLab {
  readonly home: string;
  /** Runs one command of the built sidecar with this home. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** The same with `--json`, parsed. */
  json<T = Record<string, unknown>>(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<T>;
  stateDir(profile: string): string;
  runtime(profile: string): RuntimeInfo;
  writeConfig(profile: string, config: unknown): Promise<void>;
  dispose(): Promise<void>;
}

export async function openServiceLab(): Promise<ServiceLab> {
  const home = await mkdtemp(join(tmpdir(), "openclaw-service-"));
  /** What ever ran here, so that it is ended although its file may be gone or forged by then. */
  const known = new Map<string, RuntimeInfo>();
  const note = (): void => {
    for (const file of globSync(join(home, "**", "runtime.json")).concat(globSync(join(home, ".*", "runtime.json")))) {
      const info = parseRuntimeFile(dirname(file));
      if (info?.process !== undefined) known.set(`${info.pid} ${info.process}`, info);
    }
  };
  const run: ServiceLab["run"] = async (args, env = {}) => {
    const outcome = await runSidecar(args, { HOME: home, ...env });
    note();
    return outcome;
  };
  const stateDir = (profile: string): string => join(home, `.openclaw-sidecar-${profile}`);
  return {
    home,
    run,
    async json<T>(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
      const { stdout, stderr } = await run([...args, "--json"], env);
      if (stdout === "") throw new Error(`Nothing on stdout; stderr: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    stateDir,
    runtime(profile) {
      const info = parseRuntimeFile(stateDir(profile));
      if (info === undefined) throw new Error(`No runtime file in ${stateDir(profile)}`);
      return info;
    },
    async writeConfig(profile, config) {
      await mkdir(stateDir(profile), { recursive: true, mode: 0o700 });
      await writeFile(join(stateDir(profile), "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
    },
    async dispose() {
      note();
      for (const info of known.values()) {
        if (processOf(info) === "ours") process.kill(info.pid, "SIGKILL");
      }
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The text of a file, empty when it is not there (or goes away while it is looked at). */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
