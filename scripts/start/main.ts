import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseSshTarget } from "../../remote/target/ssh-target.ts";
import { startBrowser } from "./browser.ts";
import { startDesktop } from "./desktop.ts";
import { startSidecar } from "./sidecar.ts";
import type { Started } from "./started.ts";

/**
 * `npm start` for a person: a Gateway on this computer (or the host after `--ssh`), and a VS Code that has the extension
 * and knows that Gateway. Runs until Ctrl-C, or until a part ends by itself, and leaves nothing behind.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { ssh: { type: "string" } } });

const interrupted = new Promise<undefined>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve(undefined));
});
const state = await mkdtemp(join(tmpdir(), "openclaw-start-"));
const started: Started[] = [];
try {
  const gateway = savedGateway(values.ssh);
  if (values.ssh === undefined) started.push(await startSidecar({ root, stateDir: state, home: homedir() }));
  const startVsCode = process.env["OPENCLAW_DESKTOP_CODE"] === undefined ? startBrowser : startDesktop;
  started.push(
    await startVsCode({
      root,
      settings: { "openclaw.gateways": [gateway] },
      // Where the extension looks for the Gateway of this computer.
      env: values.ssh === undefined ? { OPENCLAW_SIDECAR_STATE_DIR: state } : {},
    }),
  );
  say(["", ...started.flatMap(({ lines }) => lines), ""]);
  say([`In VS Code, run "OpenClaw: Connect Remote" and choose "${gateway.name}". Ctrl-C stops everything.`]);
  const ended = await Promise.race([interrupted, ...started.map(async ({ name, exit }) => exit.then(() => name))]);
  if (ended !== undefined) throw new Error(`${ended} has ended: stopping the rest.`);
} catch (error) {
  say([error instanceof Error ? error.message : String(error)]);
  process.exitCode = 1;
} finally {
  for (const part of started.toReversed()) await part.stop();
  await rm(state, { recursive: true, force: true });
}

/** One entry of the setting `openclaw.gateways`. Throws on what is no SSH target. */
function savedGateway(ssh: string | undefined): { readonly name: string } & Readonly<Record<string, unknown>> {
  if (ssh === undefined) return { name: "This computer", local: true };
  return { name: parseSshTarget(ssh).host, ssh };
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
