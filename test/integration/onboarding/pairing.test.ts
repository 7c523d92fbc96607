import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { approvePairing } from "../../../remote/onboarding/approve-pairing.ts";
import { gatewayDesk } from "../../../remote/onboarding/pairing-desk.ts";
import type { ApproveDeviceQuestion } from "../../../remote/onboarding/questions.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { TestIdentity } from "../../support/test-identity.ts";
import { type Host, startHost } from "./host.ts";
import { knock } from "./knock.ts";

const { signal } = new AbortController();

describe("a device that the sidecar does not know", () => {
  let host: Host;
  let sidecar: RunningSidecar;
  let session: SshSession;

  beforeAll(async () => {
    // Behind a proxy a device does not come from this computer, so that the token alone does not pair it.
    const config = { gateway: { trustedProxies: ["127.0.0.1"] } };
    [host, sidecar] = await Promise.all([startHost(), startSidecar({ config })]);
    session = await host.connect();
  });
  afterAll(async () => {
    await Promise.all([host?.stop(), sidecar?.stop()]);
  });

  const approve = (requestId: string, deviceId: string, token = sidecar.token) => {
    const asked: ApproveDeviceQuestion[] = [];
    const approveDevice = (question: ApproveDeviceQuestion) => {
      asked.push(question);
      return Promise.resolve(true);
    };
    const desk = gatewayDesk(session, { port: sidecar.port, credential: { token }, version: "test", signal });
    const done = approvePairing(desk, {
      host: session.label,
      requestId,
      deviceId,
      questions: { approveDevice },
      signal,
    });
    return { asked, done };
  };

  it("is approved over SSH by exactly its own request, and is let in then", async () => {
    const [ours, theirs] = [new TestIdentity(), new TestIdentity()];
    const refusal = await knock(sidecar, ours);
    const other = await knock(sidecar, theirs);
    expect(refusal.requestId).toMatch(/^[0-9a-f-]{36}$/);

    const wrong = approve(other.requestId ?? "", ours.id);
    await expect(wrong.done).rejects.toMatchObject({ code: "PAIRING_MISMATCH" });
    expect(wrong.asked).toEqual([]);

    const { asked, done } = approve(refusal.requestId ?? "", ours.id);
    expect(await done).toContain(refusal.requestId);
    expect(asked).toMatchObject([{ requestId: refusal.requestId, deviceId: ours.id, role: "operator" }]);
    expect(await knock(sidecar, ours)).toMatchObject({ ok: true });
    expect(await knock(sidecar, theirs)).toMatchObject({ ok: false, requestId: other.requestId });
  });

  it("is not approved with a wrong credential", async () => {
    const ours = new TestIdentity();
    const { requestId } = await knock(sidecar, ours);
    await expect(approve(requestId ?? "", ours.id, "wrong-token-000").done).rejects.toMatchObject({
      code: "CREDENTIAL_WRONG",
    });
  });
});
