import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { ChatClient } from "../../support/chat-client.ts";
import { runBuiltCli } from "../../support/cli.ts";
import type { RunningGateway } from "../../support/gateway-under-test.ts";
import { startSidecarGateway } from "../../support/sidecar-gateway.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { prompts } from "./lab.ts";
import { systemLab } from "./system-lab.ts";

describe("a Gateway through the system's ssh", () => {
  let sshd: Sshd;
  let gateway: RunningGateway;
  beforeAll(async () => {
    sshd = await startSshd();
    gateway = await startSidecarGateway();
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), gateway?.stop()]);
  });

  it("answers in the chat, and again after the connection was killed", async () => {
    const { system, environment } = await systemLab(sshd);
    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort: gateway.port,
      environment,
      system,
    });
    const client = new ChatClient({
      transport,
      credential: { token: gateway.token },
      sessionKey: `agent:main:system-ssh-${Math.random().toString(36).slice(2)}`,
    });
    onTestFinished(() => client.dispose());
    await client.connected();
    client.thread.send("/help");
    await client.until(() => client.run?.text.includes("/help") === true);
    await sshd.killSessions();
    await expect.poll(() => client.phase, { timeout: 20_000 }).not.toBe("connected");
    await expect.poll(() => client.phase, { timeout: 20_000 }).toBe("connected");
  });

  describe("for the command line", () => {
    let path: string;
    beforeAll(async () => {
      // ssh reads the config of the account and not of HOME: this one reads the test's, and leaves a `-F` of ours the last word.
      const { config } = await systemLab(sshd);
      const directory = join(sshd.directory, "bin");
      await mkdir(directory);
      await writeFile(join(directory, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${config}' "$@"\n`);
      await chmod(join(directory, "ssh"), 0o755);
      path = [directory, process.env["PATH"]].join(delimiter);
    });
    const health = (client: string, target = "lab") =>
      runBuiltCli(["health", "--ssh", target, "--ssh-client", client, "--port", String(gateway.port), "--json"], {
        OPENCLAW_GATEWAY_TOKEN: gateway.token,
        HOME: sshd.directory,
        PATH: path,
      });

    it("gives its health with --ssh-client system", async () => {
      const { code, stdout, stderr } = await health("system");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true });
      // Only the config of ssh knows the name.
      expect((await health("built-in")).code).not.toBe(0);
    });

    it.each(["-oProxyCommand=touch /tmp/x", "lab;id", "$(id)", "--", "-F/etc/passwd"])(
      "refuses a target that looks like an option or a command (%s)",
      async (target) => {
        expect((await health("system", target)).code).toBe(2);
      },
    );

    it("refuses a client that does not exist", async () => {
      const { code, stdout } = await health("putty");
      expect(code).toBe(2);
      expect(stdout).toContain("built-in, system");
    });
  });
});
