import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CodeServer, startCodeServer } from "../../../scripts/vscode/code-server.ts";
import { vsixPath } from "../../../scripts/start/vsix.ts";
import { startSidecar, stubConfig } from "../../support/sidecar.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { startHost } from "./host.ts";
import { type PersonHome, makePersonHome } from "./person-home.ts";

/** The host of the first day. */
export const HOST = "home-server";

/** Everything around the person: the window, and what it will need to know of the host and its Gateway. */
export interface Stage {
  readonly vsCode: CodeServer;
  readonly hostKeyFingerprint: string;
  readonly token: string;
  /** Where it listens on its host, which is this computer. */
  readonly gatewayUrl: string;
  /** The last words of every answer of the model. */
  readonly answerEnd: string;
  /** How often somebody has signed in on the host. */
  signIns(): number;
  /** Ends every SSH connection at once, as a network that goes away. Resolves with how many processes there were. */
  killSsh(): Promise<number>;
  /** Ends the SSH server: nobody can sign in any more. */
  stopSsh(): Promise<void>;
  /** What VS Code, sshd and the Gateway have said, for a failure. */
  log(): string;
  stop(): Promise<void>;
}

const ANSWER_END = "Nothing is opened to the network.";
const ANSWER = `It is where the agent lives, on **your own host**:

- sessions and their history
- credentials, which never leave it
- channels and devices

You reach it over the SSH that you already use:

\`\`\`sh
ssh home-server
\`\`\`

${ANSWER_END}`;

interface Part {
  stop(): Promise<unknown>;
}

/** What is started together and stopped together, the last first. */
export class Parts {
  readonly #parts: Part[] = [];

  own<T extends Part>(part: T): T {
    this.#parts.unshift(part);
    return part;
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.splice(0)) await part.stop();
  }
}

/** The window of a person: VS Code with the packaged extension. Needs `npm run package`. */
export async function startWindow(
  root: string,
  person: PersonHome,
  look: { readonly theme?: string } = {},
): Promise<{ readonly vsCode: CodeServer; log(): string }> {
  const home = process.env["OPENCLAW_CODE_SERVER"];
  if (home === undefined) throw new Error("OPENCLAW_CODE_SERVER is not set: start with npm start -- --check");
  const lines: string[] = [];
  const vsCode = await startCodeServer({
    home,
    workspace: person.workspace,
    vsix: [await vsixPath(root)],
    // Tests ask nobody in the network.
    settings: { "workbench.colorTheme": look.theme ?? "Dark Modern", "openclaw.discovery": false },
    env: { HOME: person.path, SSH_AUTH_SOCK: "" },
    log: (line) => lines.push(line),
  });
  return { vsCode, log: () => lines.join("\n") };
}

/** The last words of what the parts of a stage have said. */
export const lastWords = (...texts: readonly string[]): string => texts.map((text) => text.slice(-4_000)).join("\n");

/** Starts a model, the sidecar, an sshd before it, and the window. */
export async function startStage(root: string): Promise<Stage> {
  const parts = new Parts();
  try {
    const model = await startStubModel({ delayMs: 20, answer: () => ANSWER });
    parts.own({ stop: () => model.close() });
    const sidecar = parts.own(await startSidecar({ config: stubConfig(model.baseUrl) }));
    const files = { ".openclaw/openclaw.json": { gateway: { port: sidecar.port } } };
    const host = parts.own(await startHost({ name: HOST, files, hasNode: false }));
    const person = parts.own(await makePersonHome([host]));
    // The window of code-server is a remote one, and its host knows the Gateway's port and its token by this file.
    await mkdir(join(person.path, ".openclaw"));
    await writeFile(
      join(person.path, ".openclaw", "openclaw.json"),
      JSON.stringify({ gateway: { port: sidecar.port, auth: { token: sidecar.token } } }),
    );
    const window = await startWindow(root, person);
    parts.own(window.vsCode);
    return {
      vsCode: window.vsCode,
      hostKeyFingerprint: host.hostKeyFingerprint,
      token: sidecar.token,
      gatewayUrl: sidecar.url,
      answerEnd: ANSWER_END,
      signIns: () => host.log().split("Accepted publickey").length - 1,
      killSsh: () => host.killSessions(),
      async stopSsh() {
        await host.killSessions();
        await host.stop();
      },
      log: () => lastWords(window.log(), host.log(), sidecar.stderr()),
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
