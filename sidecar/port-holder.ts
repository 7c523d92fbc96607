import { readdirSync } from "node:fs";
import { get } from "node:http";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isGateway } from "./service/probe.ts";
import { findRunning } from "./service/running.ts";
import type { RuntimeInfo } from "./store/runtime-file.ts";

const PROBE_TIMEOUT_MS = 1_000;
const PROFILE_DIR = /^\.openclaw-sidecar(?:-([A-Za-z0-9][A-Za-z0-9_-]{0,63}))?$/;
const MAX_PAGE_CHARS = 20_000;

/**
 * Says who has a port of the loopback, and what to do about it: how to use the Gateway that answers there, or how to
 * start one beside it.
 * @param stateDir of the sidecar that wanted the port
 */
export async function explainPortHolder(port: number, stateDir: string): Promise<string> {
  const beside = "or start this one beside it with --profile NAME --port 0 (0 takes a free port)";
  const own = sidecarOn(port, stateDir);
  if (own !== undefined) {
    const { info, profile, dir } = own;
    const which = dir === stateDir ? ["--state-dir", dir] : profile === undefined ? [] : ["--profile", profile];
    const flags = which.map((word) => ` ${word}`).join("");
    const name =
      dir === stateDir
        ? "this very sidecar"
        : `the sidecar of ${profile === undefined ? "the default profile" : `profile "${profile}"`}`;
    return `${name} (process ${info.pid}, ${info.version}, ${dir}) already answers there; use it with \`openclaw-sidecar status${flags}\`, end it with \`openclaw-sidecar stop${flags}\`, ${beside}.`;
  }
  const url = `ws://127.0.0.1:${port}`;
  const isThere =
    (await isGateway(url, PROBE_TIMEOUT_MS)) || (await isGateway(`wss://127.0.0.1:${port}`, PROBE_TIMEOUT_MS));
  if (!isThere) return "another program listens there; stop it, or choose another with --port (0 takes a free one).";
  const name = (await servesControlUi(port)) ? "an OpenClaw Gateway" : "a Gateway";
  return `${name} already answers there; use it with \`openclaw-sidecar status --url ${url}\` and its token, stop it, ${beside}.`;
}

/** The running sidecar of this person that has the port, found by what it left for its CLI. */
function sidecarOn(
  port: number,
  stateDir: string,
): { readonly info: RuntimeInfo; readonly profile: string | undefined; readonly dir: string } | undefined {
  const home = homedir();
  const dirs = [...new Set([stateDir, ...profileDirs(home)])];
  for (const dir of dirs) {
    const running = findRunning(dir);
    if (running.kind !== "ours" || running.info.port !== port) continue;
    const profile = dirname(dir) === home ? PROFILE_DIR.exec(dir.slice(home.length + 1))?.[1] : undefined;
    return { info: running.info, profile, dir };
  }
  return undefined;
}

function profileDirs(home: string): readonly string[] {
  try {
    return readdirSync(home)
      .filter((name) => PROFILE_DIR.test(name))
      .map((name) => join(home, name));
  } catch {
    return [];
  }
}

/** Whether a page of OpenClaw is served there: the real one has its Control UI on the same port. */
function servesControlUi(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const request = get({ host: "127.0.0.1", port, path: "/", agent: false, signal }, (response) => {
      let page = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        page += chunk;
        if (page.length > MAX_PAGE_CHARS) response.destroy();
      });
      response.on("close", () => resolve(/openclaw/i.test(page)));
      response.on("error", () => undefined);
    });
    request.on("error", () => resolve(false));
  });
}
