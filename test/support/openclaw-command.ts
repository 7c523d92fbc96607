import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NODE, type RunningSidecar, SIDECAR } from "./sidecar.ts";

/** Puts an `openclaw` command into a home directory whose `devices list` and `devices approve` ask this Gateway. */
export async function putOpenClawCommand(home: string, gateway: Pick<RunningSidecar, "url" | "token">): Promise<void> {
  const call = (method: string, params: string) =>
    `exec ${NODE} ${SIDECAR} gateway call ${method} --url ${gateway.url} --token ${gateway.token} --json --params ${params}`;
  const script = `#!/bin/sh
case "$1 $2" in
  "devices list") ${call("device.pair.list", "'{}'")} ;;
  "devices approve") ${call("device.pair.approve", `"{\\"requestId\\":\\"$3\\"}"`)} ;;
esac
exit 64
`;
  const bin = join(home, ".local", "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "openclaw"), script);
  await chmod(join(bin, "openclaw"), 0o755);
}
