import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CodeServer } from "../../../scripts/vscode/code-server.ts";
import { startForwardingProxy } from "../../support/forwarding-proxy.ts";
import { startScriptedSshServer } from "../../support/scripted-ssh-server.ts";
import { putOpenClawCommand } from "../../support/openclaw-command.ts";
import { ensureSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { freePort } from "../../support/sshd.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { type Host, startHost } from "./host.ts";
import { makePersonHome } from "./person-home.ts";
import { Parts, lastWords, startWindow } from "./stage.ts";

/** A host with sshd and Node and nothing else, a host whose Gateway wants every device approved, and a window. */
export interface SetUpStage {
  readonly vsCode: CodeServer;
  readonly bare: Host;
  /** Where a Gateway on the bare host is looked for, and will listen. */
  readonly barePort: number;
  readonly strict: Host;
  /** Its own OpenClaw does not run, those of two other profiles do. */
  readonly crowded: Host;
  /** Lets nobody in before they have signed in on a web page. */
  readonly checked: { readonly name: string; readonly page: string };
  /** What the bare host's sidecar may answer with, once its config says so. */
  readonly modelConfig: Readonly<Record<string, unknown>>;
  log(): string;
  stop(): Promise<void>;
}

export const ANSWER = "This answer comes from the new Gateway.";

export async function startSetUpStage(root: string): Promise<SetUpStage> {
  const parts = new Parts();
  try {
    await ensureSidecar();
    const model = await startStubModel({ answer: () => ANSWER });
    parts.own({ stop: () => model.close() });
    // Another Gateway may run on this machine, so that the usual port is nobody's here.
    const gateway = { port: await freePort() };
    const files = { ".openclaw/openclaw.json": { gateway }, ".openclaw-sidecar/openclaw.json": { gateway } };
    const bare = parts.own(await startHost({ name: "bare-host", files, hasNode: true }));

    const config = stubConfig(model.baseUrl, { gateway: { trustedProxies: ["127.0.0.1"] } });
    const sidecar = parts.own(await startSidecar({ config }));
    const proxy = parts.own(await startForwardingProxy(sidecar.port));
    const auth = { mode: "token", token: sidecar.token };
    const strictFiles = { ".openclaw/openclaw.json": { gateway: { port: proxy.port, auth } } };
    const strict = parts.own(await startHost({ name: "strict-host", files: strictFiles, hasNode: true }));
    await putOpenClawCommand(strict.home, sidecar);

    const crowded = parts.own(
      await startHost({
        name: "crowded-host",
        files: { ".openclaw/openclaw.json": { gateway: { port: await freePort() } } },
        hasNode: true,
      }),
    );
    for (const profile of ["rescue", "ops"]) {
      const { port, pid, token } = parts.own(await startSidecar({ config: stubConfig(model.baseUrl) }));
      const stateDir = join(crowded.home, `.openclaw-${profile}`);
      const configPath = join(stateDir, "openclaw.json");
      await crowded.write(`.openclaw-${profile}/openclaw.json`, { gateway: { auth: { token } } });
      const lock = { pid, stateDir, configPath, port };
      await crowded.write(`.openclaw-${profile}/tmp/openclaw-0/gateway.state.lock`, lock);
    }

    const checked = { name: "checked-host", page: "https://login.tailscale.example/a/1b2c3d" };
    const words = `# Tailscale SSH requires an additional check.\n# To authenticate, visit: ${checked.page}\n`;
    const door = parts.own(await startScriptedSshServer(() => undefined, words));
    const sshConfig = `Host ${checked.name}\n  HostName 127.0.0.1\n  Port ${door.port}\n`;

    const person = parts.own(await makePersonHome([bare, strict, crowded, { sshConfig }]));
    // The window of code-server is a remote one. Its host has an OpenClaw that does not run, and no sidecar yet.
    for (const folder of [".openclaw", ".openclaw-sidecar"]) {
      await mkdir(join(person.path, folder), { mode: 0o700 });
      const own = { gateway: { port: await freePort() } };
      await writeFile(join(person.path, folder, "openclaw.json"), JSON.stringify(own), { mode: 0o600 });
    }
    const window = await startWindow(root, person);
    parts.own(window.vsCode);
    return {
      vsCode: window.vsCode,
      bare,
      barePort: gateway.port,
      strict,
      crowded,
      checked,
      modelConfig: { ...(stubConfig(model.baseUrl) as Record<string, unknown>), gateway },
      log: () => lastWords(window.log(), bare.log(), strict.log(), sidecar.stderr()),
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
