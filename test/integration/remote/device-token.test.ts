import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { DeviceIdentity, DeviceTokenStore, GatewayCredential } from "../../../protocol/client/credentials.ts";
import type { GatewayTransport } from "../../../protocol/client/transport.ts";
import { connectGateway } from "../../../remote/connect.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { keyFileStore } from "../../../remote/identity/key-file-store.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { type TcpFault, startTcpFault } from "../../support/tcp-fault.ts";
import { faultOf } from "../../unit/remote/fault-of.ts";
import { type Climb, environmentOf, newClimb, prompts } from "./lab.ts";

/** A Gateway whose shared token was changed after it had given this device one of its own. */
describe("a shared token that has become wrong", () => {
  let directory: string;
  let sshd: Sshd;
  let sidecar: RunningSidecar;
  let door: TcpFault;
  let identity: DeviceIdentity;
  let stored: Map<string, { token: string; scopes: string[] }>;
  let tokens: DeviceTokenStore;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-device-token-"));
    sshd = await startSshd();
    identity = await loadDeviceIdentity(keyFileStore(join(directory, "device.pem")));
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), rm(directory, { recursive: true, force: true })]);
  });
  beforeEach(async () => {
    stored = new Map();
    const given = Promise.withResolvers<void>();
    tokens = {
      load: async ({ role }) => stored.get(role) ?? null,
      async store({ role }, value) {
        stored.set(role, value);
        given.resolve();
      },
      async clear({ role }) {
        stored.delete(role);
      },
    };
    const stateDir = await mkdtemp(join(directory, "state-"));
    const before = await startSidecar({ stateDir, token: "the-token-of-before" });
    const session = await connect(direct(before.port), { token: "the-token-of-before" });
    await given.promise;
    session.close();
    await before.stop();
    sidecar = await startSidecar({ stateDir, token: "the-token-of-now" });
    door = await startTcpFault({ host: "127.0.0.1", port: sidecar.port });
    onTestFinished(async () => {
      await sidecar.stop();
      await door.stop();
    });
  });

  const direct = (port: number): GatewayTransport =>
    new DirectTransport({ url: parseGatewayUrl(`ws://127.0.0.1:${port}`) });
  const connect = async (transport: GatewayTransport, credential: GatewayCredential, climb: Climb = newClimb()) => {
    onTestFinished(() => transport.dispose());
    const session = await connectGateway({
      transport,
      context: climb.context,
      client: { id: "gateway-client", mode: "ui", version: "0.0.0", platform: "linux" },
      credential,
      identity,
      tokens,
    });
    onTestFinished(() => session.close());
    return session;
  };
  const OLD = { token: "the-token-of-before" } as const;

  it("is followed by the device's own token, once, and the ladder is whole", async () => {
    const climb = newClimb();
    const session = await connect(direct(door.port), OLD, climb);
    expect(session.hello.authMethod).toBe("device-token");
    expect(session.hello.scopes.length).toBeGreaterThan(0);
    expect(door.made).toBe(2);
    expect(climb.rungs().filter((rung) => rung.endsWith("failed"))).toEqual([]);
    expect(climb.rungs()).toContain("credential passed");
  });

  it("is followed by it over SSH too, on the same SSH connection", async () => {
    const before = sshd.log().split("Accepted publickey").length;
    const climb = newClimb();
    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      gatewayPort: door.port,
      environment: environmentOf(sshd),
    });
    const session = await connect(transport, OLD, climb);
    expect(session.hello.authMethod).toBe("device-token");
    expect(door.made).toBe(2);
    expect(sshd.log().split("Accepted publickey").length - before).toBe(1);
    expect(climb.rungs()).toContain("host-key passed");
  });

  it("ends after two attempts when the device's token is wrong as well, which is then forgotten", async () => {
    stored.set("operator", { token: "not-a-token-of-this-gateway", scopes: [] });
    const climb = newClimb();
    const error = await faultOf(connect(direct(door.port), OLD, climb));
    expect(error.code).toBe("CREDENTIAL_WRONG");
    expect(error.message).toContain("gateway token mismatch");
    expect(climb.rungs().at(-1)).toBe("credential failed");
    expect(door.made).toBe(2);
    await expect.poll(() => stored.size).toBe(0);
  });

  it.each([
    ["the Gateway never gave this device one", "none", OLD],
    ["a password was shown and not a token", "kept", { password: "wrong" }],
  ] as const)("ends after one attempt when %s", async (_why, tokenIs, credential) => {
    if (tokenIs === "none") stored.clear();
    expect((await faultOf(connect(direct(door.port), credential))).code).toBe("CREDENTIAL_WRONG");
    expect(door.made).toBe(1);
  });

  it("ends after one attempt on a way that does not prove whose Gateway it is", async () => {
    const way = direct(door.port);
    const unproven: GatewayTransport = { path: way.path, open: (context) => way.open(context), dispose() {} };
    expect((await faultOf(connect(unproven, OLD))).code).toBe("CREDENTIAL_WRONG");
    expect(door.made).toBe(1);
    expect(stored.size).toBe(1);
  });
});

describe("a direct way", () => {
  const pin = "ab".repeat(32);
  it.each([
    ["ws://127.0.0.1:1", undefined, true],
    ["ws://[::1]:1", undefined, true],
    ["wss://127.0.0.1:1", undefined, true],
    ["ws://localhost:1", undefined, false],
    ["ws://192.168.1.2:1", undefined, false],
    ["ws://box.local:1", undefined, false],
    ["wss://gateway.example", undefined, false],
    ["wss://gateway.example", pin, true],
    ["ws://192.168.1.2:1", pin, false],
  ])("to %s with the pin %s proves its server: %s", (url, tlsFingerprint, proven) => {
    expect(new DirectTransport({ url: parseGatewayUrl(url), tlsFingerprint }).isProven).toBe(proven);
  });
});
