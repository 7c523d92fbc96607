import { type CodeServer, startCodeServer } from "../../../scripts/vscode/code-server.ts";
import { vsixPath } from "../../../scripts/start/vsix.ts";
import { startSidecar, stubConfig } from "../../support/sidecar.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { startHost } from "./host.ts";

/** Everything around the person: the window, and what it will need to know of the host and its Gateway. */
export interface Stage {
  readonly vsCode: CodeServer;
  readonly hostKeyFingerprint: string;
  readonly token: string;
  /** The last words of every answer of the model. */
  readonly answerEnd: string;
  /** How often somebody has signed in on the host. */
  signIns(): number;
  /** Ends every SSH connection at once, as a network that goes away. Resolves with how many processes there were. */
  killSsh(): Promise<number>;
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

/** Starts a model, the sidecar, an sshd before it, and VS Code with the packaged extension. Needs `npm run package`. */
export async function startStage(root: string): Promise<Stage> {
  const home = process.env["OPENCLAW_CODE_SERVER"];
  if (home === undefined) throw new Error("OPENCLAW_CODE_SERVER is not set: start with npm start -- --check");
  const parts: Part[] = [];
  const own = <T extends Part>(part: T): T => {
    parts.unshift(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of parts) await part.stop();
  };
  try {
    const model = await startStubModel({ delayMs: 20, answer: () => ANSWER });
    own({ stop: () => model.close() });
    const sidecar = own(await startSidecar({ config: stubConfig(model.baseUrl) }));
    const host = own(await startHost(sidecar.port));
    const lines: string[] = [];
    const vsCode = own(
      await startCodeServer({
        home,
        workspace: host.workspace,
        vsix: [await vsixPath(root)],
        settings: { "workbench.colorTheme": "Dark Modern" },
        env: { HOME: host.personHome, SSH_AUTH_SOCK: "" },
        log: (line) => lines.push(line),
      }),
    );
    return {
      vsCode,
      hostKeyFingerprint: host.hostKeyFingerprint,
      token: sidecar.token,
      answerEnd: ANSWER_END,
      signIns: () => host.log().split("Accepted publickey").length - 1,
      killSsh: () => host.killSessions(),
      log: () => [lines.join("\n"), host.log(), sidecar.stderr()].map((text) => text.slice(-4_000)).join("\n"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
