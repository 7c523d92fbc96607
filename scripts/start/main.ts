import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseSshTarget } from "../../remote/target/ssh-target.ts";
import { startDesktop } from "./desktop.ts";
import { startBrowser } from "./browser.ts";
import { startSidecar } from "./sidecar.ts";
import type { Started } from "./started.ts";

/**
 * `npm start` for a person: a Gateway on this computer (or the host after `--ssh`), and a VS Code that has the extension
 * and knows that Gateway. Runs until Ctrl-C, or until a part ends by itself, and leaves nothing behind.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { ssh: { type: "string" } } });
if (values.ssh !== undefined) parseSshTarget(values.ssh);

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, resolve);
});
const state = await mkdtemp(join(tmpdir(), "openclaw-start-"));
const started: Started[] = [];
try {
  const gateway =
    values.ssh === undefined ? { name: "This computer", local: true } : { name: values.ssh, ssh: values.ssh };
  if (values.ssh === undefined) started.push(await startSidecar({ root, stateDir: state, home: homedir() }));
  const vsCode = process.env["OPENCLAW_DESKTOP_CODE"] === undefined ? startBrowser : startDesktop;
  started.push(
    await vsCode({
      root,
      settings: { "openclaw.gateways": [gateway] },
      // Where the extension looks for the Gateway of "This computer".
      env: values.ssh === undefined ? { OPENCLAW_SIDECAR_STATE_DIR: state } : {},
    }),
  );
  say([
    "",
    ...started.flatMap(({ lines }) => lines),
    "",
    `In VS Code, run "OpenClaw: Connect Remote" and choose "${gateway.name}". Ctrl-C stops everything.`,
    "",
  ]);
  const ended = await Promise.race([interrupted, ...started.map(async ({ name, exit }) => exit.then(() => name))]);
  if (typeof ended === "string") {
    say([`${ended} has ended: stopping the rest.`]);
    process.exitCode = 1;
  }
} finally {
  for (const part of started.toReversed()) await part.stop();
  await rm(state, { recursive: true, force: true });
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
