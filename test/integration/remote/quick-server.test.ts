import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { SshTransport, type SshTransportOptions } from "../../../remote/transport/ssh-transport.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { environmentOf, listenTo, newClimb, prompts, startEcho } from "./lab.ts";

describe("the commands that a connection runs for itself", () => {
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    [sshd, echo] = await Promise.all([startSshd(), startEcho()]);
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
  });

  const commands = (server: Sshd): number => server.log().split("Starting session: command").length - 1;
  function transportTo(server: Sshd, options: Partial<SshTransportOptions> = {}): SshTransport {
    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort: echo.port,
      environment: environmentOf(server),
      ...options,
    });
    onTestFinished(() => transport.dispose());
    return transport;
  }
  const hello = async (transport: SshTransport): Promise<string> =>
    listenTo(await transport.open(newClimb().context)).next();

  it("are one for a connection, however many sockets it carries", async () => {
    const before = commands(sshd);
    const transport = transportTo(sshd);
    for (let socket = 0; socket < 3; socket++) expect(await hello(transport)).toBe("hello");
    await expect.poll(() => commands(sshd) - before).toBe(1);
    await sshd.killSessions();
    await expect.poll(() => transport.session).toBeUndefined();
    expect(await hello(transport)).toBe("hello");
    await expect.poll(() => commands(sshd) - before).toBe(2);
  });

  it("are none when nothing may run, and the Gateway is looked for on its usual port", async () => {
    const before = commands(sshd);
    expect(await hello(transportTo(sshd, { runsNothing: true }))).toBe("hello");
    const transport = transportTo(sshd, { gatewayPort: undefined, runsNothing: true });
    const climb = newClimb();
    // Whether anybody is at home on the usual port of this machine does not matter here.
    await transport.open(climb.context).catch(() => undefined);
    expect(climb.rungs()).toContain("ssh-auth passed");
    expect(transport.path).toBe("ssh lab → 127.0.0.1:18789");
    expect(commands(sshd) - before).toBe(0);
  });

  it.each(["MaxSessions 0", "MaxSessions 1", "ForceCommand /bin/false"])(
    "are done without where the server has “%s”",
    async (line) => {
      const server = await startSshd({ config: [line] });
      onTestFinished(() => server.stop());
      const transport = transportTo(server);
      expect(await hello(transport)).toBe("hello");
      const socket = listenTo(await transport.open(newClimb().context));
      expect(await socket.next()).toBe("hello");
      expect(transport.session?.isAlive).toBe(true);
    },
  );
});
