import { afterAll, beforeAll, expect, test } from "vitest";
import type { GatewayTransport } from "../../protocol/client/transport.ts";
import { connectGateway } from "../../remote/connect.ts";
import { loadDeviceIdentity } from "../../remote/identity/device-identity.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../remote/transport/ssh-transport.ts";
import { environmentOf, newClimb, prompts } from "../integration/remote/lab.ts";
import { type RunningOpenClaw, startOpenClaw } from "../support/openclaw.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";

let openclaw: RunningOpenClaw;
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
  openclaw = await startOpenClaw({ modelBaseUrl: "http://127.0.0.1:9/v1", tls: true });
}, 300_000);
afterAll(async () => {
  await Promise.all([openclaw?.stop(), sshd?.stop()]);
});

const overSsh = () =>
  new SshTransport({
    target: { user: undefined, host: "lab", port: undefined },
    prompts: prompts(),
    gatewayPort: openclaw.port,
    environment: environmentOf(sshd),
  });
const onThisComputer = () => new DirectTransport({ url: parseGatewayUrl(`ws://127.0.0.1:${openclaw.port}`) });

test.each<readonly [string, () => GatewayTransport, string]>([
  ["behind a real sshd", overSsh, "TLS inside the SSH channel"],
  ["on this computer", onThisComputer, "TLS, certificate not checked"],
])("the real OpenClaw with gateway.tls is reached %s", async (_where, make, evidence) => {
  const transport = make();
  const climb = newClimb();
  try {
    const session = await connectGateway({
      transport,
      context: climb.context,
      client: { id: "gateway-client", mode: "ui", version: "0.1.0", platform: process.platform },
      credential: { token: openclaw.token },
      identity: await loadDeviceIdentity({ load: async () => undefined, keepFirst: async (pem) => pem }),
      tokens: null,
    });
    expect(await session.request("health", {})).toMatchObject({ ok: true });
    session.close();
    expect(climb.ladder().find(({ step }) => step === "websocket")?.evidence).toBe(evidence);
  } finally {
    transport.dispose();
  }
});
