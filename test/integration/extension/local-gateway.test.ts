import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type RoadPorts, openRoad } from "../../../extension/connection/open-road.ts";
import { probeLoopback } from "../../../extension/connection/transports.ts";
import type { GatewayTarget } from "../../../extension/connection/profile.ts";
import type { HostQuestions } from "../../../extension/onboarding/host-questions.ts";
import { startSidecar } from "../../support/sidecar.ts";
import { freePort } from "../../support/sshd.ts";
import { newClimb } from "../remote/lab.ts";
import { testRoadPorts } from "./road-ports.ts";

const NOBODY = { home: "/nonexistent", configFile: "/nonexistent", user: "nobody" };
const IN_TLS = { gateway: { tls: { enabled: true } } };
const { signal } = new AbortController();

describe("the Gateway of this computer", () => {
  it.each([
    ["plainly", {}, "ws"],
    ["in TLS, with its own certificate and no other", IN_TLS, "TLS, pinned"],
  ])("is the sidecar that runs here, met %s", async (_how, config, evidence) => {
    const sidecar = await startSidecar({ config });
    onTestFinished(() => sidecar.stop());
    await writeFile(join(sidecar.stateDir, "gateway.token"), sidecar.token);
    const met = await climbTo({ kind: "local" }, sidecar.stateDir);
    expect(met).toBe(evidence);
  });

  it("is met in TLS at an address with ws, too, and gets the token that it made", async () => {
    const sidecar = await startSidecar({ config: IN_TLS });
    onTestFinished(() => sidecar.stop());
    await writeFile(join(sidecar.stateDir, "gateway.token"), sidecar.token);
    const url = `ws://127.0.0.1:${sidecar.port}`;
    expect(await climbTo({ kind: "url", url }, sidecar.stateDir)).toBe("TLS, certificate not checked");
  });

  it("is known to be there whether it speaks plainly or in TLS", async () => {
    const [plain, inTls] = await Promise.all([startSidecar(), startSidecar({ config: IN_TLS })]);
    onTestFinished(async () => void (await Promise.all([plain.stop(), inTls.stop()])));
    const found = await Promise.all(
      [plain.port, inTls.port, await freePort()].map((port) => probeLoopback(port, signal)),
    );
    expect(found).toEqual([true, true, false]);
  });

  it("is the OpenClaw that runs here, on the port that it was started with, its token read after one question", async () => {
    const openclaw = await startSidecar();
    const home = await mkdtemp(join(tmpdir(), "openclaw-home-"));
    onTestFinished(async () => {
      await openclaw.stop();
      await rm(home, { recursive: true, force: true });
    });
    const [stateDir, configPath] = [join(home, ".openclaw"), join(home, ".openclaw/openclaw.json")];
    await mkdir(join(stateDir, "tmp/openclaw-0"), { recursive: true });
    await writeFile(configPath, JSON.stringify({ gateway: { auth: { token: openclaw.token } } }));
    const lock = { pid: openclaw.pid, stateDir, configPath, port: openclaw.port };
    await writeFile(join(stateDir, "tmp/openclaw-0/gateway.state.lock"), JSON.stringify(lock));
    const readCredential = vi.fn<HostQuestions["readCredential"]>(async () => "read");
    const known = testRoadPorts(NOBODY);
    const ports = testRoadPorts(NOBODY, {
      configEnvironment: { env: {}, home },
      probe: probeLoopback,
      questions: { ...known.questions, readCredential },
    });
    expect(await climbOver({ kind: "local" }, ports)).toBe("ws");
    expect(readCredential.mock.calls.map(([question]) => question.file)).toEqual([configPath]);
    expect(await ports.credentials.load({ kind: "local" })).toEqual({ token: openclaw.token });
  });

  /** Climbs to the top. @returns what the rung of the WebSocket showed */
  const climbTo = (target: GatewayTarget, sidecarStateDir: string): Promise<string | undefined> =>
    climbOver(target, testRoadPorts(NOBODY, { sidecarStateDir }));

  async function climbOver(target: GatewayTarget, ports: RoadPorts): Promise<string | undefined> {
    const road = openRoad({ name: "here", target }, ports, {
      showApproval: () => ({ dispose: () => undefined }),
      replaceSession: () => false,
      waysChanged: () => undefined,
    });
    onTestFinished(() => road.dispose());
    const climb = newClimb();
    const session = await road.climb(climb.context);
    expect(await session.request("health", {})).toMatchObject({ ok: true });
    session.close();
    return climb.ladder().find(({ step }) => step === "websocket")?.evidence;
  }
});
