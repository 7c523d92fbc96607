import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { startSidecar } from "../../support/sidecar.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { environmentOf, listenTo, newClimb, prompts, startEcho } from "./lab.ts";

describe("a WebSocket inside an SSH channel", () => {
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    [sshd, echo] = await Promise.all([startSshd(), startEcho()]);
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
  });

  const transportTo = (gatewayPort: number): SshTransport =>
    new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort,
      environment: environmentOf(sshd),
    });

  it("carries messages both ways and climbs every rung of its road", async () => {
    const transport = transportTo(echo.port);
    const climb = newClimb();
    const socket = await transport.open(climb.context);
    const heard = listenTo(socket);
    expect(await heard.next()).toBe("hello");
    socket.send("over ssh");
    expect(await heard.next()).toBe("over ssh");
    expect(await socket.ping(2_000)).toBeGreaterThan(0);
    expect(climb.rungs()).toEqual([
      "resolve passed",
      "tcp passed",
      "host-key passed",
      "ssh-auth passed",
      "find-gateway passed",
      "websocket passed",
    ]);
    expect(climb.ladder().map(({ evidence }) => evidence)).toContain("ED25519, known");
    expect(transport.path).toBe(`ssh lab → 127.0.0.1:${echo.port}`);
    socket.close();
    expect((await heard.closed).code).toBe(1000);
    transport.dispose();
  });

  it("meets a Gateway that speaks TLS on its loopback, and knows its certificate", async () => {
    const sidecar = await startSidecar({ config: { gateway: { tls: { enabled: true } } } });
    onTestFinished(() => sidecar.stop());
    const transport = transportTo(sidecar.port);
    onTestFinished(() => transport.dispose());
    expect(transport.certificate).toBeUndefined();
    for (let time = 0; time < 2; time++) {
      const climb = newClimb();
      const socket = await transport.open(climb.context);
      expect(await listenTo(socket).next()).toContain("connect.challenge");
      expect(climb.ladder().find(({ step }) => step === "websocket")?.evidence).toBe("TLS inside the SSH channel");
      expect(transport.certificate).toMatch(/^[0-9a-f]{64}$/);
      socket.close();
    }
  });
});
