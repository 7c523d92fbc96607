import { randomUUID } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { assertSameGateway } from "../../extension/connection/roads/same-gateway.ts";
import type { DeviceTokenStore } from "../../protocol/client/credentials.ts";
import type { GatewayTransport } from "../../protocol/client/transport.ts";
import { connectGateway } from "../../remote/connect.ts";
import { loadDeviceIdentity } from "../../remote/identity/device-identity.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../remote/transport/ssh-transport.ts";
import { environmentOf, newClimb, prompts } from "../integration/remote/lab.ts";
import { ChatClient, type ChatClientOptions } from "../support/chat-client.ts";
import { runCliProcess } from "../support/cli.ts";
import { startOpenClawGateway } from "../support/openclaw-gateway.ts";
import type { RunningOpenClaw } from "../support/openclaw.ts";
import { type Sshd, startSshd } from "../support/sshd.ts";

let gateway: RunningOpenClaw;
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
  gateway = await startOpenClawGateway();
  return async () => {
    await gateway.stop();
    await sshd.stop();
  };
}, 300_000);

const clients: ChatClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.dispose();
});

const roads: readonly (readonly [name: string, make: () => GatewayTransport])[] = [
  ["directly", () => new DirectTransport({ url: parseGatewayUrl(gateway.url) })],
  ["through a real sshd", overSsh],
];

function overSsh(): SshTransport {
  return new SshTransport({
    target: { user: undefined, host: "lab", port: undefined },
    prompts: prompts(),
    gatewayPort: gateway.port,
    environment: environmentOf(sshd),
  });
}

async function chatClient(transport: GatewayTransport, more: Partial<ChatClientOptions> = {}): Promise<ChatClient> {
  const sessionKey = `agent:main:peer-${randomUUID()}`;
  const client = new ChatClient({ transport, credential: { token: gateway.token }, sessionKey, ...more });
  clients.push(client);
  await client.until(() => client.phase === "connected" || client.phase === "failed");
  return client;
}

function memoryTokens(): DeviceTokenStore {
  const kept = new Map<string, { token: string; scopes: string[] }>();
  const name = (key: { deviceId: string; role: string }): string => `${key.deviceId} ${key.role}`;
  return {
    load: async (key) => kept.get(name(key)) ?? null,
    store: async (key, value) => void kept.set(name(key), value),
    clear: async (key) => void kept.delete(name(key)),
  };
}

/** A device of its own; its key is kept nowhere. */
const newIdentity = () => loadDeviceIdentity({ load: async () => undefined, keepFirst: async (pem) => pem });

describe.each(roads)("our connection to the real OpenClaw, %s", (_name, transport) => {
  it("climbs the whole ladder, with a device that is paired on the way", async () => {
    const climb = newClimb();
    const road = transport();
    const session = await connectGateway({
      transport: road,
      context: climb.context,
      client: { id: "gateway-client", mode: "ui", version: "0.1.0", platform: process.platform },
      credential: { token: gateway.token },
      identity: await newIdentity(),
      tokens: memoryTokens(),
    });
    expect(session.hello.version).toBe("2026.9.6");
    expect(session.hello.scopes).toContain("operator.admin");
    expect(climb.rungs().filter((rung) => !/ (?:passed|skipped)$/.test(rung))).toEqual([]);
    expect(climb.rungs().at(-1)).toBe("health passed");
    expect(await session.ping(5_000)).toBeGreaterThan(0);
    session.close();
    road.dispose();
  });

  it("comes back with the device token alone", async () => {
    const [identity, tokens] = [await newIdentity(), memoryTokens()];
    await chatClient(transport(), { identity, tokens });
    const again = await chatClient(transport(), { identity, tokens, credential: {} });
    expect(again.phase).toBe("connected");
  });

  it("streams an answer into the transcript", async () => {
    const client = await chatClient(transport());
    client.thread.send("hello peer");
    await client.until(() => client.run?.status === "done");
    expect(client.texts).toEqual(["hello peer", expect.stringContaining("echo hello peer")]);
    expect(client.items[0]).toMatchObject({ kind: "question", delivery: "sent" });
  });

  it("keeps what was said before a tool in its place, from the first word to the reload, and nothing stands twice", async () => {
    const client = await chatClient(transport());
    const seen = new Set<string>();
    client.thread.onPatch(() => seen.add(client.run?.text ?? ""));
    client.thread.send("[read /etc/hostname]");
    await client.until(() => client.run?.status === "done");
    await client.thread.reload();
    const whole = "I look first.\n\nNow I know.";
    expect(client.run).toMatchObject({ text: whole, steps: [{ tool: "read", status: "ok" }] });
    expect([...seen].filter((text) => !whole.startsWith(text))).toEqual([]);
    expect(seen.size).toBeGreaterThan(3);
  });

  it("finds the transcript again in a second window", async () => {
    const sessionKey = `agent:main:peer-${randomUUID()}`;
    const first = await chatClient(transport(), { sessionKey });
    first.thread.send("remember");
    await first.until(() => first.run?.status === "done");
    const second = await chatClient(transport(), { sessionKey });
    await second.until(() => second.items.length === 2);
    expect(second.texts).toEqual(first.texts);
  });

  it("stops and says what to do when the token is wrong", async () => {
    const client = await chatClient(transport(), { credential: { token: "wrong" } });
    expect(client.connection.state).toMatchObject({
      phase: "failed",
      failure: { code: "CREDENTIAL_WRONG", step: "credential" },
    });
  });
});

describe("two roads to the real OpenClaw", () => {
  it("prove to lead to the same Gateway, which sees the one from the other", async () => {
    const identity = await newIdentity();
    const open = (transport: GatewayTransport, instanceId?: string) =>
      connectGateway({
        transport,
        context: newClimb().context,
        client: {
          id: "gateway-client",
          mode: "ui",
          version: "0.1.0",
          platform: process.platform,
          ...(instanceId === undefined ? {} : { instanceId }),
        },
        credential: { token: gateway.token },
        identity,
        tokens: memoryTokens(),
      });
    const ssh = overSsh();
    const direct = new DirectTransport({ url: parseGatewayUrl(gateway.url) });
    const instanceId = randomUUID();
    const sessions = [await open(ssh), await open(direct, instanceId)] as const;
    try {
      await assertSameGateway(sessions[0], { instanceId, path: direct.path });
      await expect(
        assertSameGateway(sessions[0], { instanceId: randomUUID(), path: direct.path }),
      ).rejects.toMatchObject({ code: "GATEWAY_DIFFERENT" });
    } finally {
      for (const session of sessions) session.close();
      ssh.dispose();
    }
  });
});

describe("our connection to the real OpenClaw when its SSH session dies in the middle of an answer", () => {
  it("shows the whole answer once after the reconnect", async () => {
    const client = await chatClient(overSsh());
    client.thread.send("[slow 30]");
    await client.until(() => client.run?.text.includes("slow5") === true);
    expect(await sshd.killSessions()).toBeGreaterThan(0);
    await client.until(() => client.phase !== "connected");
    await client.until(() => client.run?.status === "done");
    expect(client.texts).toEqual(["[slow 30]", Array.from({ length: 30 }, (_, n) => `slow${n}`).join(" ")]);
  });
});

describe("our CLI against the real OpenClaw", () => {
  const env = () => ({ OPENCLAW_GATEWAY_TOKEN: gateway.token });

  it("health prints its health", async () => {
    const { code, stdout } = await runCliProcess(["health", "--url", gateway.url, "--json"], env());
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, defaultAgentId: "main" });
  });

  it("status shows its version and model", async () => {
    const { code, stdout } = await runCliProcess(["status", "--url", gateway.url], env());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Gateway +2026\.9\.6 at ws:/);
    expect(stdout).toMatch(/^Model +stub-1$/m);
  });

  it("gateway call reaches any method", async () => {
    const call = ["gateway", "call", "sessions.list", "--params", '{"limit":1}', "--url", gateway.url, "--json"];
    const { code, stdout } = await runCliProcess(call, env());
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ limitApplied: 1 });
  });
});
