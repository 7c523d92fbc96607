import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { startSidecar } from "../../support/sidecar.ts";
import { type Sshd, freePort, startSshd } from "../../support/sshd.ts";
import { faultOf } from "../../unit/remote/fault-of.ts";
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

  const transportTo = (gatewayPort: number, server: Sshd = sshd): SshTransport =>
    new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort,
      environment: environmentOf(server),
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

  it("goes to localhost where the server forwards to that name and not to the address, and goes on to", async () => {
    const server = await startSshd({ config: [`PermitOpen localhost:${echo.port}`] });
    onTestFinished(() => server.stop());
    const transport = transportTo(echo.port, server);
    onTestFinished(() => transport.dispose());
    for (let time = 0; time < 2; time++) {
      const socket = await transport.open(newClimb().context);
      expect(await listenTo(socket).next()).toBe("hello");
      socket.close();
    }
    const elsewhere = transportTo(await freePort(), server);
    onTestFinished(() => elsewhere.dispose());
    expect((await faultOf(elsewhere.open(newClimb().context))).code).toBe("FORWARDING_FORBIDDEN");
  });
});
