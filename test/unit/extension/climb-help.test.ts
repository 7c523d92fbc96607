import { describe, expect, it, vi } from "vitest";
import type { ClimbHelp } from "../../../extension/connection/climb.ts";
import type { PendingApproval } from "../../../extension/onboarding/await-approval.ts";
import type { HostOnboarding } from "../../../extension/onboarding/host-onboarding.ts";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { toDisposable } from "../../../protocol/util/disposable.ts";
import { type PairingDemand, climbing } from "./climbing.ts";
import { HOME } from "./fakes.ts";

/** Help that a test answers for: nothing is done unless it says so. */
function helpWith(host: Partial<HostOnboarding> | undefined) {
  const shown: PendingApproval[] = [];
  let isShown = false;
  const nobody = { startGateway: vi.fn(), readCredential: vi.fn(), approve: vi.fn() };
  const help: ClimbHelp = {
    board: {
      showApproval(approval) {
        shown.push(approval);
        isShown = true;
        return toDisposable(() => void (isShown = shown.at(-1) !== approval));
      },
    },
    host: host && { ...nobody, ...host },
    activity: (what) => what,
  };
  return { help, shown, isShown: () => isShown };
}

describe("a host without a Gateway", () => {
  it("gets one after one question, and the climb goes on with what it lets people in with", async () => {
    const startGateway = vi.fn<HostOnboarding["startGateway"]>(async ({ doing }) => {
      doing("installing");
      return { token: "made" };
    });
    const { help } = helpWith({ startGateway });
    const { run, ask, credentials, ladder } = climbing("made", { help, absences: 1 });
    (await run()).close();
    expect(startGateway).toHaveBeenCalledTimes(1);
    expect(startGateway.mock.calls[0]?.[0].port).toBe(18_789);
    expect(ask).not.toHaveBeenCalled();
    expect(await credentials.load(HOME.target)).toEqual({ token: "made" });
    expect(ladder().find(({ step }) => step === "find-gateway")?.status).toBe("passed");
  });

  it("is asked about once: when it is away again, that is the answer", async () => {
    const startGateway = vi.fn(async () => ({ token: "made" }));
    const { run } = climbing("made", { help: helpWith({ startGateway }).help, absences: 2 });
    await expect(run()).rejects.toMatchObject({ code: "GATEWAY_NOT_RUNNING" });
    expect(startGateway).toHaveBeenCalledTimes(1);
  });

  it("stays as it is when the person does not want one, and is left alone when nobody is there", async () => {
    const startGateway = vi.fn(async () => undefined);
    const { help } = helpWith({ startGateway });
    await expect(climbing("t", { help, absences: 9 }).run()).rejects.toMatchObject({ code: "GATEWAY_NOT_RUNNING" });
    const alone = climbing("t", { help, absences: 9, interactive: false });
    await expect(alone.run()).rejects.toMatchObject({ code: "GATEWAY_NOT_RUNNING" });
    expect(startGateway).toHaveBeenCalledTimes(1);
  });

  it("keeps the stored credential when the Gateway runs on another port", async () => {
    const { help } = helpWith({ startGateway: async () => ({}) });
    const { run, ask } = climbing("kept", { help, absences: 1, stored: "kept" });
    (await run()).close();
    expect(ask).not.toHaveBeenCalled();
  });
});

describe("a credential that is missing or wrong", () => {
  const found = async () => ({ kind: "found", credential: { token: "right" } }) as const;

  it("is read on the host, and kept because it was right", async () => {
    const { run, ask, credentials } = climbing("right", { help: helpWith({ readCredential: found }).help });
    (await run()).close();
    expect(ask).not.toHaveBeenCalled();
    expect(await credentials.load(HOME.target)).toEqual({ token: "right" });
  });

  it("replaces a stored one that is no longer right", async () => {
    const { help } = helpWith({ readCredential: found });
    const { run, credentials, gateway } = climbing("right", { help, stored: "old" });
    (await run()).close();
    expect(await credentials.load(HOME.target)).toEqual({ token: "right" });
    expect(gateway.seen).toHaveLength(2);
  });

  it("is typed when the person wants that, with the reason when it could not be read", async () => {
    const why = new ConnectError("SECRET_UNRESOLVED", "kept elsewhere");
    const { help } = helpWith({ readCredential: async () => ({ kind: "type", why }) });
    const { run, ask } = climbing("right", { help, typed: "right" });
    (await run()).close();
    expect(ask.mock.calls[0]?.[1]).toBe(why);
  });

  it("is not tried a third time: what was read and is wrong is the answer", async () => {
    const readCredential = vi.fn(async () => ({ kind: "found", credential: { token: "other" } }) as const);
    const { run, gateway, credentials } = climbing("right", { help: helpWith({ readCredential }).help, stored: "old" });
    await expect(run()).rejects.toMatchObject({ code: "CREDENTIAL_WRONG" });
    expect(readCredential).toHaveBeenCalledTimes(1);
    expect(gateway.seen).toHaveLength(2);
    expect(await credentials.load(HOME.target)).toEqual({ token: "old" });
  });

  it("leaves a card when a wrong one is not replaced, and nothing when a missing one is not given", async () => {
    const { help } = helpWith({ readCredential: async () => ({ kind: "cancelled" }) });
    await expect(climbing("right", { help, stored: "old" }).run()).rejects.toMatchObject({ code: "CREDENTIAL_WRONG" });
    await expect(climbing("right", { help }).run()).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("a device that is not approved yet", () => {
  const paired = (): { demand: () => PairingDemand | undefined; approve: () => void; ask: (id: string) => void } => {
    let wanted: PairingDemand | undefined = { requestId: "r-1" };
    return {
      demand: () => wanted,
      approve: () => void (wanted = undefined),
      ask: (requestId) => void (wanted = { requestId }),
    };
  };

  it("shows its request, is approved by exactly that over SSH, and goes on", async () => {
    const gate = paired();
    const approve = vi.fn<NonNullable<HostOnboarding["approve"]>>(async () => gate.approve());
    const { help, shown, isShown } = helpWith({ approve });
    const { run, ladder } = climbing("t", { help, stored: "t", demand: gate.demand });
    const session = run();
    await vi.waitFor(() => expect(shown).toHaveLength(1));
    expect(shown[0]).toMatchObject({ requestId: "r-1", command: "openclaw devices approve r-1", isApproving: false });
    expect(shown[0]?.device).toMatch(/^Test, [0-9a-f]{8}$/);
    shown[0]?.approve?.();
    (await session).close();
    expect(shown.map(({ isApproving }) => isApproving)).toEqual([false, true]);
    expect(approve.mock.calls[0]?.[0].requestId).toBe("r-1");
    expect(approve.mock.calls[0]?.[1].credential).toEqual({ token: "t" });
    expect(isShown()).toBe(false);
    expect(ladder().every(({ status }) => status === "passed" || status === "pending")).toBe(true);
  });

  it("goes on by itself when somebody has approved it on the host", async () => {
    const gate = paired();
    const { help, shown } = helpWith(undefined);
    const { run } = climbing("t", { help, stored: "t", demand: gate.demand });
    const session = run();
    await vi.waitFor(() => expect(shown).toHaveLength(1));
    expect(shown[0]?.approve).toBeUndefined();
    gate.approve();
    shown[0]?.look();
    (await session).close();
  });

  it("comes back by itself, gently, and not at all when the Gateway asks for that", async () => {
    vi.useFakeTimers();
    try {
      const { help } = helpWith(undefined);
      const polled = climbing("t", { help, stored: "t", demand: () => ({ requestId: "r" }) });
      polled.run().catch(() => undefined);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(polled.gateway.seen.length).toBeGreaterThan(4);
      expect(polled.gateway.seen.length).toBeLessThan(12);
      polled.abort.abort();

      const pause = { requestId: "r", more: { pauseReconnect: true } };
      const paused = climbing("t", { help, stored: "t", demand: () => pause });
      paused.run().catch(() => undefined);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(paused.gateway.seen).toHaveLength(1);
      paused.abort.abort();
    } finally {
      vi.useRealTimers();
    }
  });

  it("gives up after a while with the request on the card", async () => {
    vi.useFakeTimers();
    try {
      const { help, isShown } = helpWith(undefined);
      const { run } = climbing("t", { help, stored: "t", demand: () => ({ requestId: "r" }) });
      const outcome = run().catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(16 * 60_000);
      expect(await outcome).toMatchObject({ code: "PAIRING_REQUIRED" });
      expect(isShown()).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it("shows the new request when the old one has run out", async () => {
    const gate = paired();
    const { help, shown } = helpWith(undefined);
    const { run, abort } = climbing("t", { help, stored: "t", demand: gate.demand });
    const session = run();
    await vi.waitFor(() => expect(shown).toHaveLength(1));
    gate.ask("r-2");
    shown[0]?.look();
    await vi.waitFor(() => expect(shown.at(-1)?.requestId).toBe("r-2"));
    abort.abort();
    await expect(session).rejects.toBeInstanceOf(CancelledError);
  });

  it("waits on after a no, and stops with the reason when the request was not ours", async () => {
    const gate = paired();
    const answers: (() => Promise<void>)[] = [
      () => Promise.reject(new CancelledError()),
      () => Promise.reject(new ConnectError("PAIRING_MISMATCH", "another device")),
    ];
    const { help, shown } = helpWith({ approve: () => answers.shift()?.() ?? Promise.resolve() });
    const { run } = climbing("t", { help, stored: "t", demand: gate.demand });
    const outcome = run().catch((error: unknown) => error);
    await vi.waitFor(() => expect(shown).toHaveLength(1));
    shown[0]?.approve?.();
    await vi.waitFor(() => expect(shown.at(-1)).toMatchObject({ isApproving: false }));
    await vi.waitFor(() => expect(shown).toHaveLength(3));
    shown.at(-1)?.approve?.();
    expect(await outcome).toMatchObject({ code: "PAIRING_MISMATCH" });
  });

  it("is a failure like any other when nobody is there to approve", async () => {
    const { help, shown } = helpWith({});
    const { run } = climbing("t", { help, stored: "t", demand: () => ({ requestId: "r" }), interactive: false });
    await expect(run()).rejects.toMatchObject({ code: "PAIRING_REQUIRED" });
    expect(shown).toEqual([]);
  });
});
