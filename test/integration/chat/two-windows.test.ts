import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CredentialStore } from "../../../extension/connection/credential-store.ts";
import { secretDeviceKey } from "../../../extension/connection/device-key.ts";
import type { GatewayTarget } from "../../../extension/connection/profile.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { ChatClient } from "../../support/chat-client.ts";
import { type RunningSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { type StubModel, startStubModel } from "../../support/stub-model.ts";
import { secrets } from "../../unit/extension/fakes.ts";

const PATIENCE = { timeout: 30_000 };

describe("two windows with one device and one secret storage", { timeout: 90_000 }, () => {
  let model: StubModel;
  let sidecar: RunningSidecar;
  const windows: ChatClient[] = [];

  beforeEach(async () => {
    model = await startStubModel();
    sidecar = await startSidecar({ config: stubConfig(model.baseUrl) });
  });
  afterEach(async () => {
    for (const window of windows.splice(0)) window.dispose();
    await sidecar.stop();
    await model.close();
  });

  it("connect at once, stay connected, and both see what either says", async () => {
    const storage = secrets();
    const target: GatewayTarget = { kind: "url", url: sidecar.url };
    await loadDeviceIdentity(secretDeviceKey(storage));
    const open = async (): Promise<ChatClient> => {
      const window = new ChatClient({
        transport: new DirectTransport({ url: parseGatewayUrl(sidecar.url) }),
        credential: { token: sidecar.token },
        sessionKey: "agent:main:main",
        identity: await loadDeviceIdentity(secretDeviceKey(storage)),
        tokens: new CredentialStore(storage, () => undefined).deviceTokens(target),
      });
      windows.push(window);
      return window;
    };
    const [one, other] = await Promise.all([open(), open()]);
    const generations = () => windows.map(({ connection: { state } }) => [state.phase, state.generation]);
    await expect.poll(() => windows.map(({ phase }) => phase), PATIENCE).toEqual(["connected", "connected"]);
    const before = generations();
    one.thread.send("from one");
    await expect.poll(() => other.texts.at(-1), PATIENCE).toContain("echo from one");
    other.thread.send("from the other");
    await expect.poll(() => one.texts.at(-1), PATIENCE).toContain("echo from the other");
    expect(model.requests.map(({ question }) => question)).toEqual(["from one", "from the other"]);
    expect(generations()).toEqual(before);
  });
});
