import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ChatThread } from "../../../protocol/chat/chat-thread.ts";
import { applyPatch, type ChatItem, type TranscriptView } from "../../../protocol/chat/transcript.ts";
import { GatewayConnection } from "../../../protocol/client/gateway-connection.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { connectGateway } from "../../../remote/connect.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { type RunningSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { type StubModel, startStubModel } from "../../support/stub-model.ts";
import { environmentOf, prompts } from "../remote/lab.ts";

const KEY = "agent:main:main";
const WORDS = 30;
const ANSWER = Array.from({ length: WORDS }, (_, n) => `slow${n}`).join(" ");

/** Chat over a real sshd with a real Gateway, whose link is cut the hard way. */
describe("a chat over SSH whose link is killed", () => {
  let sshd: Sshd;
  let model: StubModel;
  let sidecar: RunningSidecar;
  let client: ReturnType<typeof startClient>;

  beforeAll(async () => {
    [sshd, model] = await Promise.all([startSshd(), startStubModel()]);
    sidecar = await startSidecar({ config: stubConfig(model.baseUrl) });
  });
  afterAll(async () => {
    await Promise.all([sidecar?.stop(), sshd?.stop(), model?.close()]);
  });
  beforeEach(() => {
    client = startClient(sshd, sidecar);
  });
  afterEach(() => client.dispose());

  it("shows the whole answer after the reconnect when the SSH session dies in the middle of it", async () => {
    await client.connected();
    client.thread.send(`[slow ${WORDS}]`);
    await client.until(() => client.run()?.text.includes("slow5") === true);
    expect(await sshd.killSessions()).toBeGreaterThan(0);
    await client.until(() => client.phase() !== "connected");
    expect(client.run()?.status).toBe("streaming");
    await client.until(() => client.run()?.status === "done");
    expect(client.run()?.text).toBe(ANSWER);
    expect(client.texts()).toEqual([`[slow ${WORDS}]`, ANSWER]);
    expect(model.requests).toHaveLength(1);
  });

  it("survives several kills in one answer and every question stands once", async () => {
    await client.connected();
    const asked = `[slow ${WORDS + 1}]`;
    client.thread.send(asked);
    for (const seen of ["slow3", "slow12", "slow24"]) {
      await client.until(() => client.run()?.text.includes(seen) === true);
      await sshd.killSessions();
      await client.until(() => client.phase() === "connected");
    }
    await client.until(() => client.run()?.status === "done");
    expect(client.run()?.text).toBe(`${ANSWER} slow${WORDS}`);
    expect(client.texts().filter((text) => text === asked)).toHaveLength(1);
  });

  it("delivers once, and in order, what was written while the link was down", async () => {
    await client.connected();
    client.thread.send("before");
    await client.until(() => client.run()?.status === "done");
    const before = model.requests.length;
    await sshd.killSessions();
    await client.until(() => client.phase() !== "connected");
    client.thread.send("first while down");
    client.thread.send("second while down");
    expect(client.items().at(-1)).toMatchObject({ kind: "question", delivery: "queued" });
    await client.until(() => client.texts().at(-1)?.includes("echo second while down") === true);
    expect(model.requests.slice(before).map(({ question }) => question)).toEqual([
      "first while down",
      "second while down",
    ]);
    const questions = client.items().filter(({ kind }) => kind === "question");
    expect(questions.map(({ text }) => text).slice(-3)).toEqual(["before", "first while down", "second while down"]);
  });
});

function startClient(sshd: Sshd, sidecar: RunningSidecar) {
  const transport = new SshTransport({
    target: { user: undefined, host: "lab", port: undefined },
    prompts: prompts(),
    gatewayPort: sidecar.port,
    environment: environmentOf(sshd),
  });
  const connection = new GatewayConnection({
    connect: (context) =>
      connectGateway({
        transport,
        context,
        client: { id: "gateway-client", mode: "backend", version: "test", platform: process.platform },
        credential: { token: sidecar.token },
        identity: null,
        tokens: null,
      }),
    logger: silentLogger,
  });
  const thread = new ChatThread({
    sessionKey: KEY,
    request: connection.request,
    onEvent: connection.onEvent,
    logger: silentLogger,
  });
  let view: TranscriptView = { items: thread.snapshot().items, hasEarlier: false };
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };
  thread.onPatch((patch) => {
    view = applyPatch(view, patch);
    changed();
  });
  connection.onSession(() => void thread.connected().catch(() => undefined));
  connection.onState(({ phase }) => {
    if (phase !== "connected") thread.disconnected();
    changed();
  });
  connection.start();

  /** Resolves when the condition holds; it is looked at after every change. */
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    thread,
    until,
    phase: () => connection.state.phase,
    connected: () => until(() => connection.state.phase === "connected"),
    items: (): readonly ChatItem[] => view.items,
    texts: () => view.items.map(({ text }) => text),
    run: () => view.items.findLast((item) => item.kind === "run"),
    dispose() {
      thread.dispose();
      connection.dispose();
      transport.dispose();
    },
  };
}
