import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ownedProcess } from "../process/owned-process.ts";
import type { Started } from "./started.ts";

const DEFAULT_PORT = 18_789;

/** The built sidecar on loopback, with a fresh state directory and so with a fresh token. Rejects when it does not start. */
export async function startSidecar(options: { root: string; stateDir: string; home: string }): Promise<Started> {
  const port = (await isFree(DEFAULT_PORT)) ? DEFAULT_PORT : 0;
  const config = join(options.home, ".openclaw-sidecar", "openclaw.json");
  const withConfig = existsSync(config);
  const sidecar = ownedProcess(
    spawn(
      process.execPath,
      [
        join(options.root, "dist", "sidecar.mjs"),
        "run",
        "--json",
        "--port",
        String(port),
        "--state-dir",
        options.stateDir,
        ...(withConfig ? ["--config", config] : []),
      ],
      { stdio: ["ignore", "pipe", "inherit"], detached: true },
    ),
  );
  const url = await readyUrl(sidecar).catch(async (error: unknown) => {
    await sidecar.stop();
    throw error;
  });
  const model = withConfig ? `configured by ${config}` : `no model yet, put one into ${config}`;
  return {
    name: "The sidecar",
    lines: [`Gateway   ${url}  (${model})`],
    exit: sidecar.exit,
    stop: () => sidecar.stop(),
  };
}

async function readyUrl(sidecar: ReturnType<typeof ownedProcess>): Promise<string> {
  const { stdout } = sidecar.child;
  if (stdout === null) throw new Error("The sidecar has no standard output");
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const url = /"ready":\s*true.*?"url":\s*"([^"]+)"/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    void sidecar.exit.then((code) => reject(new Error(`The sidecar ended before it was ready (exit ${code})`)));
  });
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
