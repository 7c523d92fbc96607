import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CredentialStore } from "../../../extension/connection/credential-store.ts";
import { openRoad } from "../../../extension/connection/open-road.ts";
import type { Road } from "../../../extension/connection/roads/road.ts";
import { SidecarHosts } from "../../../extension/connection/sidecar-hosts.ts";
import type { GatewayProfile } from "../../../extension/connection/profile.ts";
import type { PendingApproval } from "../../../extension/onboarding/await-approval.ts";
import type { HostQuestions, StartGatewayQuestion } from "../../../extension/onboarding/host-questions.ts";
import { CancelledError, type ConnectError } from "../../../protocol/errors/connect-error.ts";
import { toDisposable } from "../../../protocol/util/disposable.ts";
import { startForwardingProxy } from "../../support/forwarding-proxy.ts";
import { putOpenClawCommand } from "../../support/openclaw-command.ts";
import { startSidecar } from "../../support/sidecar.ts";
import { freePort } from "../../support/sshd.ts";
import { memory, secrets } from "../../unit/extension/fakes.ts";
import { DEAD_PID, type Host, buildSidecar, startHost, writeLock } from "../onboarding/host.ts";
import { newClimb, startEcho } from "../remote/lab.ts";
import { testRoadPorts } from "./road-ports.ts";

const PROFILE: GatewayProfile = { name: "lab", target: { kind: "ssh", destination: "lab" } };

describe("the first connect over SSH", () => {
  let builds: string;
  let sidecarFile: string;
  let host: Host;
  const roads: Road[] = [];
  const parts: { stop(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    builds = await mkdtemp(join(tmpdir(), "openclaw-builds-"));
    sidecarFile = await buildSidecar(builds, "1.0.0");
  });
  afterAll(() => rm(builds, { recursive: true, force: true }));
  afterEach(async () => {
    for (const road of roads.splice(0)) road.dispose();
    for (const part of parts.splice(0).toReversed()) await part.stop();
  });

  const own = <T extends { stop(): Promise<unknown> }>(part: T): T => {
    parts.push(part);
    return part;
  };
  const newHost = async () => void (host = own(await startHost()));

  /** A person at a window, who answers the questions that the test expects and no other. */
  function person(answers: Partial<HostQuestions> & { readonly typed?: string } = {}) {
    const storage = secrets();
    const credentials = new CredentialStore(storage, () => undefined);
    const sidecarHosts = new SidecarHosts(memory());
    const shown: PendingApproval[] = [];
    const ask = vi.fn(async (_name: string, _signal: AbortSignal, _why: ConnectError | undefined) =>
      answers.typed === undefined ? undefined : { token: answers.typed },
    );
    const log: string[] = [];
    const write = (line: string) => void log.push(line);
    const goTo = vi.fn<(profile: GatewayProfile) => void>();
    const connect = (profile = PROFILE) => {
      const road = openRoad(
        profile,
        testRoadPorts(host.sshd, {
          storage,
          sidecarHosts,
          credentials,
          questions: { ...testRoadPorts(host.sshd).questions, ...answers },
          sidecarFile,
          ask,
          goTo,
          logger: { debug: write, info: write, warn: write, error: write },
        }),
        {
          showApproval(approval) {
            shown.push(approval);
            return toDisposable(() => undefined);
          },
          replaceSession: () => false,
          waysChanged: () => undefined,
        },
      );
      roads.push(road);
      const climb = newClimb();
      return { climb, session: road.climb(climb.context), road };
    };
    return { connect, credentials, shown, ask, goTo, log };
  }

  it("puts a Gateway on a bare host after one question and connects to it, and the next connect asks nothing", async () => {
    await newHost();
    const port = await freePort();
    await host.write(".openclaw-sidecar/openclaw.json", JSON.stringify({ gateway: { port } }));
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port } }));
    const asked: StartGatewayQuestion[] = [];
    const { connect, credentials, log } = person({
      async startGateway(question) {
        asked.push(question);
        return asked.length === 1 ? "start" : undefined;
      },
    });
    const first = connect();
    const session = await first.session;
    expect(await session.request("health", {})).toMatchObject({ ok: true });
    expect(asked).toMatchObject([{ host: `${host.sshd.user}@lab`, port, version: "1.0.0" }]);
    expect(asked[0]?.directory).toContain("/.openclaw-sidecar/bin/1.0.0-");
    expect(first.road.path).toBe(`ssh lab → 127.0.0.1:${port}`);
    session.close();

    const token = (await credentials.load(PROFILE.target))?.token;
    expect(token).toMatch(/^\S{20,}$/);
    expect(log.join("\n")).not.toContain(token);
    (await connect().session).close();
    expect(asked).toHaveLength(1);
  });

  it("leaves a host alone on which nothing is to be started", async () => {
    await newHost();
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port: await freePort() } }));
    const before = await host.files();
    const tellHow = vi.fn();
    const { connect } = person({ startGateway: async () => "how", tellHow });
    await expect(connect().session).rejects.toMatchObject({ code: "GATEWAY_NOT_RUNNING" });
    expect(tellHow).toHaveBeenCalledTimes(1);
    expect(await host.files()).toEqual(before);
  });

  it("finds the sidecar that runs on a port of its own, and reads its token there after one question", async () => {
    await newHost();
    const stateDir = join(host.home, ".openclaw-sidecar");
    const sidecar = own(await startSidecar({ stateDir }));
    await host.write(".openclaw-sidecar/gateway.token", sidecar.token);
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port: await freePort() } }));
    const readCredential = vi.fn<HostQuestions["readCredential"]>(async () => "read");
    const { connect, credentials } = person({ readCredential });
    (await connect().session).close();
    const later = connect();
    (await later.session).close();
    expect(later.climb.ladder().map(({ evidence }) => evidence)).toContain(`127.0.0.1:${sidecar.port} (sidecar)`);
    expect(readCredential.mock.calls.map(([{ file }]) => file)).toEqual([join(stateDir, "gateway.token")]);
    expect(await credentials.load(PROFILE.target)).toEqual({ token: sidecar.token });
  });

  it("finds OpenClaw on the port that it was started with, and one that was restarted on the port of its config", async () => {
    await newHost();
    const sidecar = own(await startSidecar());
    const config = { gateway: { port: await freePort(), auth: { token: sidecar.token } } };
    await host.write(".openclaw/openclaw.json", JSON.stringify(config));
    await writeLock(host, ".openclaw", { port: sidecar.port });
    const evidenceOf = async () => {
      const { climb, session } = person({ readCredential: async () => "read" }).connect();
      (await session).close();
      return climb.ladder().find(({ step }) => step === "find-gateway")?.evidence;
    };
    expect(await evidenceOf()).toBe(`127.0.0.1:${sidecar.port} (lock file)`);
    await writeLock(host, ".openclaw", { port: await freePort(), pid: DEAD_PID });
    config.gateway.port = sidecar.port;
    await host.write(".openclaw/openclaw.json", JSON.stringify(config));
    expect(await evidenceOf()).toBe(`127.0.0.1:${sidecar.port} (openclaw.json)`);
  });

  it("offers the OpenClaw of another profile that runs there, which is a Gateway of its own with its own token", async () => {
    await newHost();
    const rescue = own(await startSidecar());
    const configOf = (gateway: object) => JSON.stringify({ gateway });
    const port = await freePort();
    await host.write(".openclaw/openclaw.json", configOf({ port, auth: { token: "of-the-first" } }));
    await host.write(".openclaw-rescue/openclaw.json", configOf({ auth: { token: rescue.token } }));
    await writeLock(host, ".openclaw-rescue", { port: rescue.port });
    const before = await host.files();
    const chooseGateway = vi.fn<HostQuestions["chooseGateway"]>(async ({ gateways }) => gateways[0]);
    const { connect, goTo, credentials } = person({ chooseGateway, readCredential: async () => "read" });
    await expect(connect().session).rejects.toBeInstanceOf(CancelledError);
    const gateways = [{ kind: "openclaw", port: rescue.port, profile: "rescue" }];
    expect(chooseGateway.mock.calls[0]?.[0]).toEqual({ host: `${host.sshd.user}@lab`, port, gateways });
    const beside: GatewayProfile = {
      name: "lab (rescue)",
      target: { kind: "ssh", destination: "lab", gatewayPort: rescue.port },
    };
    expect(goTo.mock.calls).toEqual([[beside]]);

    (await connect(beside).session).close();
    expect(await credentials.load(beside.target)).toEqual({ token: rescue.token });
    expect(await credentials.load(PROFILE.target)).toBeUndefined();
    expect(await host.files()).toEqual(before);
  });

  it("leaves everything as it is when the person wants none of the Gateways that run there", async () => {
    await newHost();
    const echo = own(await startEcho());
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port: await freePort() } }));
    await writeLock(host, ".openclaw-rescue", { port: echo.port });
    const none = person({ chooseGateway: async () => undefined });
    await expect(none.connect().session).rejects.toBeInstanceOf(CancelledError);
    expect(none.goTo).not.toHaveBeenCalled();
    const startGateway = vi.fn(async () => undefined);
    const start = person({ chooseGateway: async () => "start", startGateway });
    await expect(start.connect().session).rejects.toMatchObject({ code: "GATEWAY_NOT_RUNNING" });
    expect(startGateway).toHaveBeenCalledTimes(1);
  });

  it("reads the token in openclaw.json after one question, or has it typed", async () => {
    await newHost();
    const sidecar = own(await startSidecar());
    const config = { gateway: { port: sidecar.port, auth: { token: sidecar.token } } };
    await host.write(".openclaw/openclaw.json", JSON.stringify(config));
    const reads = person({ readCredential: async () => "read" });
    (await reads.connect().session).close();
    expect(reads.ask).not.toHaveBeenCalled();
    const types = person({ readCredential: async () => "type", typed: sidecar.token });
    (await types.connect().session).close();
    expect(types.ask).toHaveBeenCalledTimes(1);
  });

  it("has the token typed, and says why, when the host cannot tell it", async () => {
    await newHost();
    const sidecar = own(await startSidecar());
    const token = { source: "exec", provider: "vault", id: "a/b" };
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port: sidecar.port, auth: { token } } }));
    const { connect, ask } = person({ readCredential: async () => "read", typed: sidecar.token });
    (await connect().session).close();
    expect(ask.mock.calls[0]?.[2]).toMatchObject({ code: "SECRET_UNRESOLVED" });
  });

  it("approves exactly this device over SSH when the Gateway demands it, or waits for somebody to", async () => {
    await newHost();
    const sidecar = own(await startSidecar({ config: { gateway: { trustedProxies: ["127.0.0.1"] } } }));
    const proxy = own(await startForwardingProxy(sidecar.port));
    await host.write(".openclaw/openclaw.json", JSON.stringify({ gateway: { port: proxy.port } }));
    await putOpenClawCommand(host.home, sidecar);
    const { connect, credentials, shown } = person();
    await credentials.save(PROFILE.target, { token: sidecar.token });
    const { session, climb } = connect();
    await vi.waitFor(() => expect(shown).toHaveLength(1), { timeout: 10_000 });
    expect(climb.rungs()).toContain("pairing running");
    shown[0]?.approve?.();
    (await session).close();
    expect(climb.rungs()).toContain("health passed");
  });
});
