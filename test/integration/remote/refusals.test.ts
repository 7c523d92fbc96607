import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DeviceIdentity } from "../../../protocol/client/credentials.ts";
import { type ConnectGatewayOptions, connectGateway } from "../../../remote/connect.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { dialTcp } from "../../../remote/net/dial.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { challenge, helloOk, webSocketServer } from "../../support/bad-gateways.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { faultOf } from "../../unit/remote/fault-of.ts";
import { environmentOf, newClimb, prompts } from "./lab.ts";

const TOKEN = "the-right-token-0123456789";

/** What the real Gateway of ours refuses, as a person would meet it. */
describe("a Gateway's refusal", () => {
  let sidecar: RunningSidecar;
  let identity: DeviceIdentity;
  beforeAll(async () => {
    sidecar = await startSidecar({ token: TOKEN });
    identity = await loadDeviceIdentity({ load: async () => undefined, keepFirst: async (pem) => pem });
  });
  afterAll(() => sidecar?.stop());

  const CLIENT = { id: "gateway-client", mode: "ui", version: "0.0.0", platform: "linux" } as const;
  const codeOf = async (more: Partial<ConnectGatewayOptions>) => {
    const climb = newClimb();
    const transport = new DirectTransport({ url: parseGatewayUrl(sidecar.url) });
    const credential = { token: TOKEN };
    onTestFinished(() => transport.dispose());
    const options = { transport, context: climb.context, client: CLIENT, credential, identity, tokens: null, ...more };
    const { code } = await faultOf(connectGateway(options));
    return `${code} at ${climb.rungs().at(-1)?.split(" ")[0]}`;
  };

  it("CREDENTIAL_MISSING: nothing is shown", async () =>
    expect(await codeOf({ credential: {} })).toBe("CREDENTIAL_MISSING at credential"));

  it("DEVICE_REFUSED: the device cannot prove that it is one", async () => {
    const liar = { ...identity, sign: async () => Buffer.alloc(64).toString("base64url") };
    expect(await codeOf({ identity: liar })).toBe("DEVICE_REFUSED at credential");
  });

  it("DEVICE_REFUSED: the device cannot use its own key", async () => {
    const broken = { ...identity, sign: () => Promise.reject(new Error("the key store is locked")) };
    expect(await codeOf({ identity: broken })).toBe("DEVICE_REFUSED at credential");
  });

  it("PAIRING_REQUIRED: a node asks for more than a node has", async () =>
    expect(await codeOf({ role: "node", scopes: ["operator.read"] })).toBe("PAIRING_REQUIRED at pairing"));

  it("SCOPES_MISSING: no device, no scopes", async () =>
    expect(await codeOf({ identity: null })).toBe("SCOPES_MISSING at scopes"));

  it("HEALTH_FAILED: it lets us in and then cannot say how it is", async () => {
    const ill = await webSocketServer({
      greeting: challenge(),
      reply: ({ id, method }) =>
        method === "connect"
          ? helloOk(id)
          : { type: "res", id, ok: false, error: { code: "UNAVAILABLE", message: "the store is gone" } },
    });
    onTestFinished(() => ill.stop());
    const transport = new DirectTransport({ url: parseGatewayUrl(ill.url) });
    expect(await codeOf({ transport })).toBe("HEALTH_FAILED at health");
  });

  it("GATEWAY_REFUSED: a client that it does not know", async () =>
    expect(await codeOf({ client: { ...CLIENT, id: "nobody" as "cli" } })).toBe("GATEWAY_REFUSED at protocol"));

  it("GATEWAY_SHUTDOWN: it is stopped while we are there", async () => {
    const mortal = await startSidecar({ token: TOKEN });
    onTestFinished(() => mortal.stop());
    const session = await connectGateway({
      transport: new DirectTransport({ url: parseGatewayUrl(mortal.url) }),
      context: newClimb().context,
      client: CLIENT,
      credential: { token: TOKEN },
      identity,
      tokens: null,
    });
    await mortal.kill("SIGTERM");
    expect((await session.closed).code).toBe("GATEWAY_SHUTDOWN");
  });

  it("GATEWAY_STARTING: it asks for patience, and says how much", async () => {
    const server = createServer();
    server.on("upgrade", (_request, socket) => {
      socket.end(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nstarting",
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const transport = new DirectTransport({ url: parseGatewayUrl(`ws://127.0.0.1:${port}`) });
    const error = await faultOf(transport.open(newClimb().context));
    expect(error).toMatchObject({ code: "GATEWAY_STARTING", retryAfterMs: 3_000 });
  });
});

describe("a host that TCP does not reach", () => {
  const bound = (timeoutMs: number) => ({ signal: new AbortController().signal, timeoutMs });
  const loopback = [{ address: "127.0.0.1", family: 4 }];
  const children: ChildProcess[] = [];
  const waiting: Socket[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    for (const socket of waiting.splice(0)) socket.destroy();
  });

  /** A server that the system takes no more connections for, so that each further SYN is lost. */
  async function startDeaf(): Promise<{ port: number; child: ChildProcess }> {
    const program = `const s = require("net").createServer(); s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const port = Number(await once(createInterface({ input: child.stdout }), "line").then(([line]) => String(line)));
    child.kill("SIGSTOP");
    for (;;) {
      const socket = connect(port, "127.0.0.1");
      waiting.push(socket.on("error", () => undefined));
      const taken = await Promise.race([
        once(socket, "connect").then(() => true),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
      ]);
      if (!taken) return { port, child };
    }
  }

  it("TCP_TIMEOUT: nothing comes back", async () => {
    const { port } = await startDeaf();
    const error = await faultOf(dialTcp({ host: "127.0.0.1", port }, loopback, bound(700)));
    expect(error.code).toBe("TCP_TIMEOUT");
  });

  it("is reached soon after it hears again, though the system would wait longer with each lost packet", async () => {
    const { port, child } = await startDeaf();
    const dialled = dialTcp({ host: "127.0.0.1", port }, loopback, bound(15_000));
    await new Promise((resolve) => setTimeout(resolve, 3_300));
    const healedAt = performance.now();
    child.kill("SIGCONT");
    const socket = await dialled;
    // The system itself would send its next SYN 7 s after the first.
    expect(performance.now() - healedAt).toBeLessThan(1_600);
    socket.destroy();
  });

  it("TCP_UNREACHABLE: there is no way to it", async () => {
    const transport = new DirectTransport({ url: parseGatewayUrl("wss://255.255.255.255:443") });
    expect((await faultOf(transport.open(newClimb().context))).code).toBe("TCP_UNREACHABLE");
  });
});

it("LINK_LOST: a line is asked for while there is no SSH connection", async () => {
  const sshd = await startSshd();
  onTestFinished(() => sshd.stop());
  const transport = new SshTransport({
    target: { user: undefined, host: "lab", port: undefined },
    prompts: prompts(),
    gatewayPort: 1,
    environment: environmentOf(sshd),
  });
  expect((await faultOf(transport.openLine(new AbortController().signal))).code).toBe("LINK_LOST");
  expect(sshd.log()).not.toContain("Connection from");
});
