import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { approvePairing } from "../../remote/onboarding/approve-pairing.ts";
import { openClawDesk } from "../../remote/onboarding/pairing-desk.ts";
import { probeHost } from "../../remote/onboarding/probe-host.ts";
import { readGatewayCredential } from "../../remote/onboarding/read-credential.ts";
import type { SshSession } from "../../remote/ssh/session/ssh-session.ts";
import { type Host, startHost } from "../integration/onboarding/host.ts";
import { type Knock, knock } from "../integration/onboarding/knock.ts";
import { installOpenClaw } from "../support/openclaw-install.ts";
import { startOpenclawProcess } from "../support/openclaw-process.ts";
import { type RunningOpenClaw, startOpenClaw } from "../support/openclaw.ts";
import { freePort } from "../support/sshd.ts";
import { TestIdentity } from "../support/test-identity.ts";

const { signal } = new AbortController();
let openclaw: RunningOpenClaw;
let host: Host;
let session: SshSession;

beforeAll(async () => {
  openclaw = await startOpenClaw({ modelBaseUrl: "http://127.0.0.1:9/v1" });
  const variables = Object.entries(openclaw.env).filter(([name]) => name.startsWith("OPENCLAW_"));
  const exports = variables.map(([name, value]) => `export ${name}='${value}'`).join("; ");
  host = await startHost({ loginShell: `${exports}; exec /bin/bash -c "$SSH_ORIGINAL_COMMAND"` });
  await mkdir(join(host.home, ".local/bin"), { recursive: true });
  await symlink((await installOpenClaw()).entry, join(host.home, ".local/bin/openclaw"));
  session = await host.connect();
});
afterAll(async () => {
  await Promise.all([host?.stop(), openclaw?.stop()]);
});

/** Behind a proxy a device does not come from this computer, so that the token alone does not pair it. */
async function trustProxy(): Promise<void> {
  const path = openclaw.env["OPENCLAW_CONFIG_PATH"] ?? "";
  const config = JSON.parse(await readFile(path, "utf8")) as { gateway: { trustedProxies?: string[] } };
  config.gateway.trustedProxies = ["127.0.0.1"];
  await writeFile(path, JSON.stringify(config));
}

/** The Gateway takes the new config a moment after it is written, and refuses everybody while it starts. */
async function knockUntilHeard(
  identity: TestIdentity,
  gateway: { readonly url: string; readonly token: string } = openclaw,
): Promise<Knock> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await knock(gateway, identity).catch((error: unknown) => String(error));
    if (typeof answer === "object" && (answer.ok || answer.requestId !== undefined)) return answer;
    if (Date.now() > deadline) throw new Error(`not heard: ${JSON.stringify(answer)}`);
    await sleep(200);
  }
}

test("the real OpenClaw is found on its host, and its token is read there", async () => {
  const probe = await probeHost(session, { signal });
  expect(probe.openclaw).toMatchObject({ port: openclaw.port, authMode: "token" });
  expect(probe.openclaw.commands).toContain(join(host.home, ".local/bin/openclaw"));
  expect(probe.gateways).toContainEqual({ kind: "openclaw", port: openclaw.port });
  const questions = { readCredential: () => Promise.resolve(true) };
  const found = await readGatewayCredential(session, { probe, gateway: probe.openclaw, questions, signal });
  expect(found.credential).toEqual({ token: openclaw.token });
});

test("the real OpenClaw approves exactly this device's request, by its own command on its host", async () => {
  await trustProxy();
  const [ours, theirs] = [new TestIdentity(), new TestIdentity()];
  const { requestId = "" } = await knockUntilHeard(ours);
  const other = await knock(openclaw, theirs);
  const desk = openClawDesk(session, { probe: await probeHost(session, { signal }), port: openclaw.port, signal });
  if (desk === undefined) expect.fail("no openclaw command was found");
  const questions = { approveDevice: () => Promise.resolve(true) };
  const request = { host: session.label, deviceId: ours.id, questions, signal };

  await expect(approvePairing(desk, { ...request, requestId: other.requestId ?? "" })).rejects.toMatchObject({
    code: "PAIRING_MISMATCH",
  });
  expect(await approvePairing(desk, { ...request, requestId })).toContain(requestId);
  expect(await knock(openclaw, ours)).toMatchObject({ ok: true });
  expect(await knock(openclaw, theirs)).toMatchObject({ ok: false });
  await expect(approvePairing(desk, { ...request, requestId })).rejects.toMatchObject({ code: "PAIRING_MISMATCH" });
});

test("another profile of the real OpenClaw is found on the port that it was started with, read and asked there", async () => {
  const token = "token-of-the-rescue-profile";
  const gateway = { mode: "local", bind: "loopback", auth: { mode: "token", token }, trustedProxies: ["127.0.0.1"] };
  await host.write(".openclaw-rescue/openclaw.json", JSON.stringify({ gateway, discovery: { mdns: { mode: "off" } } }));
  const port = await freePort();
  const rescue = await startOpenclawProcess(["--profile", "rescue", "gateway", "run", "--port", String(port)], {
    env: { HOME: host.home, OPENCLAW_STATE_DIR: undefined, OPENCLAW_CONFIG_PATH: undefined },
  });
  onTestFinished(() => rescue.stop());
  await rescue.until(/http server listening/);

  const probe = await probeHost(session, { signal });
  expect(probe.gateways).toContainEqual({ kind: "openclaw", port, profile: "rescue" });
  const run = probe.openclaw.running.find((each) => each.port === port);
  if (run === undefined) expect.fail("it is not known to run");
  const questions = { readCredential: () => Promise.resolve(true), approveDevice: () => Promise.resolve(true) };
  const found = await readGatewayCredential(session, { probe, gateway: run, questions, signal });
  expect(found.credential).toEqual({ token });

  const at = { url: `ws://127.0.0.1:${port}`, token };
  const ours = new TestIdentity();
  const { requestId = "" } = await knockUntilHeard(ours, at);
  const desk = openClawDesk(session, { probe, port, signal });
  if (desk === undefined) expect.fail("no openclaw command was found");
  await approvePairing(desk, { host: session.label, deviceId: ours.id, questions, signal, requestId });
  expect(await knock(at, ours)).toMatchObject({ ok: true });
});
