import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { GatewayTransport } from "../../../protocol/client/transport.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { LADDER_STEPS } from "../../../protocol/ladder/steps.ts";
import { connectGateway } from "../../../remote/connect.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { keyFileStore } from "../../../remote/identity/key-file-store.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { faultOf } from "../../unit/remote/fault-of.ts";
import { type Climb, environmentOf, newClimb, prompts, startEcho } from "./lab.ts";

describe("connecting to a Gateway", () => {
  let sidecar: RunningSidecar;
  let sshd: Sshd;
  beforeAll(async () => {
    // One after the other: when the second does not start, the first is still stopped.
    sshd = await startSshd();
    sidecar = await startSidecar();
  });
  afterAll(async () => {
    await Promise.all([sidecar?.stop(), sshd?.stop()]);
  });

  const overSsh = (gatewayPort: number): GatewayTransport =>
    new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort,
      environment: environmentOf(sshd),
    });
  const direct = (url: string): GatewayTransport => new DirectTransport({ url: parseGatewayUrl(url) });

  async function connect(transport: GatewayTransport, climb: Climb, token = sidecar.token) {
    onTestFinished(() => transport.dispose());
    const session = await connectGateway({
      transport,
      context: climb.context,
      client: { id: "gateway-client", mode: "ui", version: "0.0.0", platform: "linux" },
      credential: { token },
      identity: await loadDeviceIdentity(keyFileStore(join(sshd.directory, "device.pem"))),
      tokens: null,
    });
    onTestFinished(() => session.close());
    return session;
  }

  it.each(["ssh", "direct"])("climbs the whole ladder (%s)", async (road) => {
    const climb = newClimb();
    const session = await connect(road === "ssh" ? overSsh(sidecar.port) : direct(sidecar.url), climb);
    expect(session.hello.protocol).toBe(4);
    const skipped = road === "ssh" ? [] : ["host-key", "ssh-auth", "find-gateway"];
    expect(climb.rungs()).toEqual(
      LADDER_STEPS.map((step) => `${step} ${skipped.includes(step) ? "skipped" : "passed"}`),
    );
    expect(await session.ping(2_000)).toBeGreaterThan(0);
    expect(await session.request("health")).toMatchObject({ ok: true });
  });

  it("ends the session with a reason when the SSH connection is killed", async () => {
    const session = await connect(overSsh(sidecar.port), newClimb());
    await sshd.killSessions();
    expect((await session.closed).code).toBe("LINK_LOST");
  });

  it("stops at the credential when it is wrong", async () => {
    const climb = newClimb();
    const error = await faultOf(connect(overSsh(sidecar.port), climb, "not-the-token"));
    expect(error.code).toBe("CREDENTIAL_WRONG");
    expect(climb.rungs().at(-1)).toBe("credential failed");
    expect(JSON.stringify([error.message, error.facts])).not.toContain("not-the-token");
  });

  it("stops at the protocol when a WebSocket server is no Gateway", async () => {
    const echo = await startEcho();
    onTestFinished(() => echo.stop());
    const climb = newClimb();
    const error = await faultOf(connect(direct(`ws://127.0.0.1:${echo.port}`), climb));
    expect(["NOT_A_GATEWAY", "PROTOCOL_VIOLATION"]).toContain(error.code);
    await expect.poll(() => echo.sockets.size).toBe(0);
  });

  it("leaves nothing open when it is cancelled in the handshake", async () => {
    const climb = newClimb({ onStep: (step) => step === "protocol" && climb.abort.abort() });
    await expect(connect(overSsh(sidecar.port), climb)).rejects.toBeInstanceOf(CancelledError);
  });
});
