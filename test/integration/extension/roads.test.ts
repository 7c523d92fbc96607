import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OutboxStore } from "../../../extension/chat/outbox-store.ts";
import { ThreadPool } from "../../../extension/chat/thread-pool.ts";
import { type WayPorts, addWay } from "../../../extension/commands/ways.ts";
import { GatewayLink } from "../../../extension/connection/gateway-link.ts";
import { openRoad, openWay } from "../../../extension/connection/open-road.ts";
import { type GatewayProfile, type GatewayTarget, targetLabel } from "../../../extension/connection/profile.ts";
import { ProfileStore } from "../../../extension/connection/profile-store.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { type RunningSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { type SshWay, sshWay } from "../../fault/roads.ts";
import { type Sshd, makeKey, publicPart, startSshd } from "../../support/sshd.ts";
import { type StubModel, startStubModel } from "../../support/stub-model.ts";
import { type TcpFault, startTcpFault } from "../../support/tcp-fault.ts";
import { type Answer, memory, scriptedPrompts, setting } from "../../unit/extension/fakes.ts";
import { testRoadPorts } from "./road-ports.ts";

const PATIENCE = { timeout: 30_000, interval: 50 };
const SESSION = "agent:main:main";

describe("a Gateway with two roads, over a real sshd and past it", { timeout: 120_000 }, () => {
  let sshd: Sshd;
  let model: StubModel;
  let sidecar: RunningSidecar;
  let ssh: TcpFault;
  let direct: TcpFault;
  let root: string;
  let way: SshWay;
  const ends: (() => unknown)[] = [];

  beforeEach(async () => {
    [sshd, model] = await Promise.all([startSshd(), startStubModel()]);
    sidecar = await startSidecar({ config: stubConfig(model.baseUrl) });
    [ssh, direct] = await Promise.all([startTcpFault({ host: "127.0.0.1", port: sshd.port }), faultTo(sidecar)]);
    root = await mkdtemp(join(tmpdir(), "openclaw-roads-"));
    way = await sshWay(sshd, sidecar.port, { port: ssh.port });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
    await Promise.all([ssh.stop(), direct.stop()]);
    await Promise.all([sidecar.stop(), sshd.stop(), model.close()]);
    await rm(root, { recursive: true, force: true });
  });

  const faultTo = ({ port }: { readonly port: number }) => startTcpFault({ host: "127.0.0.1", port });
  const overSsh = (): GatewayTarget => ({
    kind: "ssh",
    destination: `${way.user}@lab`,
    gatewayPort: sidecar.port,
  });
  const past = ({ port }: { readonly port: number } = direct): GatewayTarget => ({
    kind: "url",
    url: `ws://127.0.0.1:${port}/`,
  });

  /** The public half of a key that this server does not have. */
  const otherKey = async () => publicPart(await readFile(`${await makeKey(join(root, "key"))}.pub`, "utf8"));

  /** A window with a saved Gateway and what a person answers when they add a way. */
  async function openWindow(...answers: readonly Answer[]) {
    const ports = testRoadPorts(way);
    const { credentials, proofs } = ports;
    const target = overSsh();
    await credentials.save(target, { token: sidecar.token });
    const profiles = new ProfileStore({ setting: setting([]), memory: memory(), logger: silentLogger });
    const link = new GatewayLink({
      openRoad: (profile, traveller) => openRoad(profile, ports, traveller),
      logger: silentLogger,
    });
    const threads = new ThreadPool({ link, outboxes: new OutboxStore(root, silentLogger), logger: silentLogger });
    ends.push(
      () => link.dispose(),
      () => threads.dispose(),
    );
    const connect = async (profile: GatewayProfile) => {
      const { type } = await link.connect(profile, { interactive: true });
      if (type === "connected") await profiles.remember(profile, 1);
      return type === "connected";
    };
    const prompts = scriptedPrompts(...answers);
    let choice: GatewayTarget = past();
    const wayPorts: WayPorts = {
      prompts,
      profiles,
      credentials,
      proofs,
      link,
      connect,
      choose: async () => ({ name: "chosen", target: choice }),
      openWay: (way, ask) =>
        openWay({ name: targetLabel(way), target: way }, { ...ports, ask: (_name, signal) => ask(signal) }),
      askCredential: vi.fn(),
      progress: (_title, work) => work(new AbortController().signal),
      t: (key) => key,
    };
    const home = (): GatewayProfile => profiles.list()[0] ?? { name: "home", target };
    await connect({ name: "home", target });
    const phases: string[] = [];
    link.onChange(({ state }) => {
      if (phases.at(-1) !== state.phase) phases.push(state.phase);
    });
    const { thread } = threads.acquire(SESSION);
    return {
      link,
      credentials,
      proofs,
      profiles,
      connect,
      home,
      phases,
      said: prompts.said,
      add: (way: GatewayTarget = past()) => {
        choice = way;
        return addWay(home(), wayPorts);
      },
      ask: (text: string) => thread.send(text),
      texts: () => thread.snapshot().items.map(({ text }) => text),
    };
  }

  it("adds a way that proves to lead to the same Gateway, with the credential that the person lets it have", async () => {
    const { add, home, link, proofs, credentials } = await openWindow("saved");
    await add();
    expect(home()).toMatchObject({ name: "home", target: overSsh(), roads: [past()] });
    expect(proofs.has(overSsh(), past())).toBe(true);
    expect(await credentials.load(past())).toEqual({ token: sidecar.token });
    expect(link.view).toMatchObject({ target: overSsh(), state: { phase: "connected" } });
    expect(link.view.ways.map(({ state }) => state)).toEqual(["active", "ready"]);
  });

  it("refuses a way to another Gateway, keeps nothing of it and stays connected", async () => {
    const stranger = await startSidecar({ token: sidecar.token });
    ends.push(() => stranger.stop());
    const { add, home, link, proofs, credentials, phases } = await openWindow("saved");
    await expect(add(past(stranger))).rejects.toMatchObject({
      code: "GATEWAY_DIFFERENT",
      facts: [{ label: "detail", value: `ws://127.0.0.1:${stranger.port}/` }],
    });
    expect(home().roads).toBeUndefined();
    expect(proofs.has(overSsh(), past(stranger))).toBe(false);
    expect(await credentials.load(past(stranger))).toBeUndefined();
    expect(link.view.state.phase).toBe("connected");
    expect(phases.filter((phase) => phase !== "connected")).toEqual([]);
  });

  it("sends a new way no credential that the person did not allow", async () => {
    const { add, home } = await openWindow(undefined);
    await expect(add()).rejects.toBeInstanceOf(CancelledError);
    expect(home().roads).toBeUndefined();
  });

  it("goes on over the other way when the first one dies, and back when it is there again, with one chat", async () => {
    const { add, ask, texts, link, phases } = await openWindow("saved");
    await add();
    ask("over ssh");
    await expect.poll(() => texts().at(-1), PATIENCE).toContain("echo over ssh");

    ssh.refuse();
    ssh.cut();
    await expect.poll(() => link.view, PATIENCE).toMatchObject({ target: past(), state: { phase: "connected" } });
    expect(link.view.ways.map(({ state }) => state)).toEqual(["away", "active"]);
    ask("past it");
    await expect.poll(() => texts().at(-1), PATIENCE).toContain("echo past it");

    phases.length = 0;
    ssh.heal();
    link.wake();
    await expect.poll(() => link.view.target, PATIENCE).toEqual(overSsh());
    expect(link.host).toBeDefined();
    ask("over ssh again");
    await expect.poll(() => texts().at(-1), PATIENCE).toContain("echo over ssh again");
    // It moved over without having been away.
    expect(phases.filter((phase) => phase !== "connected")).toEqual([]);
    expect(model.requests.map(({ question }) => question)).toEqual(["over ssh", "past it", "over ssh again"]);
    expect(texts().filter((text) => text === "past it")).toHaveLength(1);
  });

  it("moves over in the middle of an answer, which is whole and there once", async () => {
    const { add, ask, texts, link } = await openWindow("saved");
    await add();
    ssh.refuse();
    ssh.cut();
    await expect.poll(() => link.view, PATIENCE).toMatchObject({ target: past(), state: { phase: "connected" } });
    ask("count [slow 120]");
    await expect.poll(() => texts().at(-1), PATIENCE).toContain("slow5");
    ssh.heal();
    link.wake();
    await expect.poll(() => link.view.target, PATIENCE).toEqual(overSsh());
    expect(texts().at(-1)).not.toContain("slow119");
    await expect.poll(() => texts().at(-1), PATIENCE).toContain("slow119");
    const whole = Array.from({ length: 120 }, (_, index) => `slow${index}`).join(" ");
    expect(texts().at(-1)?.trim()).toBe(whole);
    expect(texts().filter((text) => text.includes("slow0 "))).toHaveLength(1);
  });

  it("goes on when another way cannot be read, and says what is wrong with it", async () => {
    const { connect, home, link } = await openWindow();
    expect(await connect({ ...home(), roads: [{ kind: "url", url: "ws://public.example.com/" }, past()] })).toBe(true);
    await expect
      .poll(() => link.view.ways.map(({ state }) => state), PATIENCE)
      .toEqual(["active", "refused", "refused"]);
    expect(link.view.ways.map(({ failure }) => failure?.code)).toEqual([
      undefined,
      "CREDENTIAL_MISSING",
      "INSECURE_URL",
    ]);
    expect(link.view.target).toEqual(overSsh());
  });

  it("goes past a host whose key has changed, and never to a way that was not proven", async () => {
    const { link, connect, add, home } = await openWindow("saved");
    await add();
    link.disconnectAll();
    await writeFile(join(dirname(way.configFile), "known_hosts"), `lab ${await otherKey()}\n`);
    await connect(home());
    expect(link.view).toMatchObject({ target: past(), state: { phase: "connected" } });
    expect(link.view.ways[0]).toMatchObject({ state: "refused", failure: { code: "HOST_KEY_CHANGED" } });
    link.disconnectAll();
    const elsewhere = await faultTo(sidecar);
    ends.push(() => elsewhere.stop());
    expect(await connect({ ...home(), roads: [past(elsewhere)] })).toBe(false);
    expect(elsewhere.made).toBe(0);
  });
});
