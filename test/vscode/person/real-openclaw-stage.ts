import type { CodeServer } from "../../../scripts/vscode/code-server.ts";
import { startForwardingProxy } from "../../support/forwarding-proxy.ts";
import { putRealOpenClawCommand } from "../../support/openclaw-command.ts";
import { type RunningOpenClaw, startOpenClaw } from "../../support/openclaw.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { type Host, startHost } from "./host.ts";
import { makePersonHome } from "./person-home.ts";
import { Parts, lastWords, startWindow } from "./stage.ts";

/** Three hosts that run the real OpenClaw, each with another way to let people in, and a window. */
export interface RealOpenClawStage {
  readonly vsCode: CodeServer;
  readonly token: Host;
  readonly password: Host;
  /** Its Gateway wants every device approved. */
  readonly strict: Host;
  readonly secretOfPassword: string;
  log(): string;
  stop(): Promise<void>;
}

export const ANSWER = "This answer comes from the real one.";

export async function startRealOpenClawStage(root: string): Promise<RealOpenClawStage> {
  const parts = new Parts();
  try {
    const model = await startStubModel({ answer: () => ANSWER });
    parts.own({ stop: () => model.close() });
    const modelBaseUrl = model.baseUrl;
    // One after the other: each start takes both cores for ten seconds.
    const byToken = parts.own(await startOpenClaw({ modelBaseUrl }));
    const byPassword = parts.own(await startOpenClaw({ modelBaseUrl, auth: "password" }));
    const behindProxy = parts.own(await startOpenClaw({ modelBaseUrl, gateway: { trustedProxies: ["127.0.0.1"] } }));
    // Behind a proxy a device does not come from that computer, so that the token alone does not pair it.
    const proxy = parts.own(await startForwardingProxy(behindProxy.port));
    const own = async (name: string, openclaw: RunningOpenClaw, gateway: object): Promise<Host> => {
      const files = { ".openclaw/openclaw.json": { gateway } };
      const host = parts.own(await startHost({ name, files, hasNode: true }));
      await putRealOpenClawCommand(host.home, openclaw);
      return host;
    };
    const secret = byPassword.token;
    const token = await own("token-host", byToken, {
      port: byToken.port,
      auth: { mode: "token", token: byToken.token },
    });
    const password = await own("password-host", byPassword, {
      port: byPassword.port,
      auth: { mode: "password", password: secret },
    });
    const strict = await own("strict-host", behindProxy, {
      port: proxy.port,
      auth: { mode: "token", token: behindProxy.token },
    });
    const person = parts.own(await makePersonHome([token, password, strict]));
    const window = await startWindow(root, person);
    parts.own(window.vsCode);
    return {
      vsCode: window.vsCode,
      token,
      password,
      strict,
      secretOfPassword: secret,
      log: () => lastWords(window.log(), token.log(), password.log(), strict.log()),
      stop: () => parts.stop(),
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}
