import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOpenClaw } from "../../test/support/openclaw-install.ts";
import type { Group } from "../row.ts";
import { median } from "../sample.ts";
import { SIDECAR, startSidecar } from "../servers/start.ts";

const ROUNDS = 15;
const PEER_ROUNDS = 3;

/** Wall time of `health --json` in a fresh process: ours and the real CLI ask the same sidecar. */
export const cliHealth: Group = {
  name: "cli-health",
  async measure() {
    const gateway = await startSidecar();
    const home = await mkdtemp(join(tmpdir(), "bench-cli-"));
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      OPENCLAW_GATEWAY_URL: gateway.url,
      OPENCLAW_GATEWAY_TOKEN: gateway.token,
      OPENCLAW_NO_RESPAWN: "1",
    };
    const openclaw = await findOpenClaw();
    const run = (node: string, ...args: string[]) => wallMs(node, args, env);
    const values = { ours: [] as number[], limit: [] as number[], peer: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      values.ours.push(await run(process.execPath, SIDECAR, "health", "--url", gateway.url, "--json"));
      values.limit.push(await run(process.execPath, "-e", "0"));
      if (openclaw === null || round % (ROUNDS / PEER_ROUNDS) !== 0) continue;
      values.peer.push(await run(openclaw.node, openclaw.entry, "health", "--json"));
    }
    await gateway.stop();
    await rm(home, { recursive: true, force: true });
    return [
      {
        what: "CLI health --json, wall",
        unit: "ms",
        ours: median(values.ours),
        peer: values.peer.length === 0 ? undefined : { name: "openclaw", value: median(values.peer) },
        limit: { name: "node -e 0", value: median(values.limit) },
        bars: [
          { against: "peer", most: 0.06 },
          { against: "limit", most: 2.3 },
        ],
        runs: `ours ${ROUNDS}, limit ${ROUNDS}, peer ${values.peer.length}`,
      },
    ];
  },
};

function wallMs(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`${[command, ...args].join(" ")} ended with ${code}: ${stderr}`));
    });
  });
}
