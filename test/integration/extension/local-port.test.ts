import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalPort, openLocalPort } from "../../../extension/tunnel/local-port.ts";
import type { HostRoad } from "../../../extension/onboarding/host-onboarding.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { freePort } from "../../support/sshd.ts";
import { type Host, startHost } from "../onboarding/host.ts";

describe("a local port to a Gateway behind SSH", () => {
  let host: Host;
  let sidecar: RunningSidecar;
  let session: SshSession | undefined;
  const ports: LocalPort[] = [];
  const road: HostRoad = {
    get session() {
      return session;
    },
    get gatewayPort() {
      return sidecar.port;
    },
    certificate: undefined,
    useGatewayPort: () => undefined,
  };
  const open = async (): Promise<LocalPort> => {
    const local = await openLocalPort(road);
    ports.push(local);
    return local;
  };
  const health = async ({ port }: LocalPort): Promise<unknown> => {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: "close" }, signal });
    return answer.json();
  };

  beforeAll(async () => {
    [host, sidecar] = await Promise.all([startHost(), startSidecar()]);
    session = await host.connect();
  });
  afterAll(async () => {
    for (const port of ports) port.dispose();
    await Promise.all([host?.stop(), sidecar?.stop()]);
  });

  it("carries what a browser asks, several at once, and nothing any more once it is closed", async () => {
    const local = await open();
    const answers = await Promise.all(Array.from({ length: 10 }, () => health(local)));
    expect(answers.every((answer) => (answer as { ok?: boolean }).ok === true)).toBe(true);
    local.dispose();
    await expect(health(local)).rejects.toThrow("fetch failed");
  });

  it("takes a free port when its own is busy, on the loopback only", async () => {
    const squatter = createServer();
    const isTaken = await new Promise<boolean>((resolve) => {
      squatter.once("error", () => resolve(true));
      squatter.listen(18_789, "127.0.0.1", () => resolve(true));
    });
    const local = await open();
    expect(isTaken && local.port).not.toBe(18_789);
    expect(await health(local)).toMatchObject({ ok: true });
    squatter.close();
  });

  it("hangs up while the SSH connection is away, and works again with the next one", async () => {
    const local = await open();
    const before = session;
    session = undefined;
    await expect(health(local)).rejects.toThrow("fetch failed");
    session = await host.connect();
    expect(await health(local)).toMatchObject({ ok: true });
    before?.dispose();
  });

  it("hangs up when nothing answers there", async () => {
    const port = await freePort();
    const lost: HostRoad = { ...road, session, gatewayPort: port };
    const local = await openLocalPort(lost);
    ports.push(local);
    await expect(health(local)).rejects.toThrow("fetch failed");
  });
});
