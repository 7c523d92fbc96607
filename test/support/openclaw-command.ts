import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installOpenClaw } from "./openclaw-install.ts";
import type { RunningOpenClaw } from "./openclaw.ts";
import { NODE, type RunningSidecar, SIDECAR } from "./sidecar.ts";

/** Puts an `openclaw` command into a home directory whose `devices list` and `devices approve` ask this Gateway. */
export async function putOpenClawCommand(home: string, gateway: Pick<RunningSidecar, "url" | "token">): Promise<void> {
  const call = (method: string, params: string) =>
    `exec ${NODE} ${SIDECAR} gateway call ${method} --url ${gateway.url} --token ${gateway.token} --json --params ${params}`;
  await putCommand(home, [
    'case "$1 $2" in',
    `"devices list") ${call("device.pair.list", "'{}'")} ;;`,
    `"devices approve") ${call("device.pair.approve", `"{\\"requestId\\":\\"$3\\"}"`)} ;;`,
    "esac",
    "exit 64",
  ]);
}

/** Puts the real `openclaw` command into a home directory, as one that speaks for a Gateway with a home of its own. */
export async function putRealOpenClawCommand(home: string, { env }: Pick<RunningOpenClaw, "env">): Promise<void> {
  const { node, entry } = await installOpenClaw();
  const variables = Object.entries(env).filter(([name]) => name.startsWith("OPENCLAW_"));
  const exports = variables.map(([name, value]) => `export ${name}='${value}'`);
  await putCommand(home, [...exports, `exec '${node}' '${entry}' "$@"`]);
}

async function putCommand(home: string, lines: readonly string[]): Promise<void> {
  const bin = join(home, ".local", "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "openclaw"), `#!/bin/sh\n${lines.join("\n")}\n`);
  await chmod(join(bin, "openclaw"), 0o755);
}
