import { WebSocket } from "ws";
import type { TestIdentity } from "../../support/test-identity.ts";

export interface Knock {
  readonly ok: boolean;
  /** Of the pairing request that the refusal names. */
  readonly requestId?: string;
}

/** Connects to a Gateway as a device from elsewhere would, through a proxy, and says how it was received. */
export function knock(gateway: { url: string; token: string }, identity: TestIdentity): Promise<Knock> {
  const client = { id: "gateway-client", version: "test", platform: "linux", mode: "ui" };
  const claim = { role: "operator", scopes: ["operator.read"] };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(gateway.url, { headers: { "X-Forwarded-For": "203.0.113.5" } });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the Gateway hung up without an answer")));
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString("utf8")) as {
        type: string;
        event?: string;
        ok?: boolean;
        payload?: { nonce?: string };
        error?: { details?: { requestId?: string } };
      };
      if (frame.event === "connect.challenge") {
        const proof = { nonce: frame.payload?.nonce ?? "", signedAt: Date.now(), token: gateway.token };
        const words = { clientId: client.id, clientMode: client.mode, platform: client.platform, deviceFamily: "" };
        const signature = identity.sign("v3", { ...claim, ...proof, ...words });
        const { nonce, signedAt } = proof;
        const device = { id: identity.id, publicKey: identity.publicKey, signedAt, nonce, signature };
        const params = {
          minProtocol: 4,
          maxProtocol: 4,
          client,
          caps: [],
          ...claim,
          auth: { token: gateway.token },
          device,
        };
        socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params }));
      } else if (frame.type === "res") {
        const requestId = frame.error?.details?.requestId;
        resolve({ ok: frame.ok === true, ...(requestId === undefined ? {} : { requestId }) });
        socket.close();
      }
    });
  });
}
