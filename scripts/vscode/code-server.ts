import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followLines } from "../process/lines.ts";
import { ownedProcess } from "../process/owned-process.ts";

/** A VS Code that is served to a browser on loopback, with its own settings and extensions. */
export interface CodeServer {
  readonly url: string;
  /** Made for this run: without it every user of this computer could open a terminal through the page. */
  readonly password: string;
  /** Resolves when it ends, by itself or because it was stopped. */
  readonly exit: Promise<unknown>;
  /** Ends it and removes its settings and extensions. */
  stop(): Promise<void>;
}

export interface CodeServerOptions {
  /** The installed package (see scripts/setup/code-server.mjs). */
  readonly home: string;
  /** The folder to open. */
  readonly workspace: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** VSIX files to install before it starts. */
  readonly vsix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line that it writes. */
  readonly log?: (line: string) => void;
}

const QUIET_SETTINGS = {
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.enableExperiments": false,
  "workbench.startupEditor": "none",
};

/** Starts code-server on a free loopback port. Rejects when it ends before it listens. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const data = await mkdtemp(join(tmpdir(), "openclaw-vscode-"));
  try {
    return await startIn(data, options);
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(data: string, options: CodeServerOptions): Promise<CodeServer> {
  const log = options.log ?? (() => undefined);
  const password = randomBytes(18).toString("base64url");
  await mkdir(join(data, "user", "User"), { recursive: true });
  await writeFile(
    join(data, "user", "User", "settings.json"),
    JSON.stringify({ ...QUIET_SETTINGS, ...options.settings }, undefined, 2),
  );
  const entry = join(options.home, "out", "node", "entry.js");
  const folders = ["--user-data-dir", join(data, "user"), "--extensions-dir", join(data, "extensions")];
  const env = {
    ...withoutVsCode(process.env),
    ...options.env,
    PASSWORD: password,
    XDG_CONFIG_HOME: join(data, "config"),
  };
  const start = (args: readonly string[]) =>
    ownedProcess(
      spawn(process.execPath, [entry, ...folders, ...args], { env, stdio: ["ignore", "pipe", "pipe"], detached: true }),
    );

  for (const vsix of options.vsix ?? []) {
    const installer = start(["--install-extension", vsix]);
    followLines(installer.child, log);
    const code = await installer.exit;
    if (code !== 0) throw new Error(`VS Code could not install ${vsix} (exit ${code})`);
  }

  const server = start([
    "--auth=password",
    "--bind-addr=127.0.0.1:0",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
    options.workspace,
  ]);
  const url = await new Promise<string>((resolve, reject) => {
    followLines(server.child, (line) => {
      log(line);
      const address = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    void server.exit.then((code) => reject(new Error(`VS Code ended before it listened (exit ${code})`)));
  });
  return {
    url,
    password,
    exit: server.exit,
    async stop() {
      await server.stop();
      await rm(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Inside a VS Code terminal these would make the new server believe that it is part of that window. */
function withoutVsCode(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name)));
}
