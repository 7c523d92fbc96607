import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { approvePairing } from "../../../remote/onboarding/approve-pairing.ts";
import { ownRequest } from "../../../remote/onboarding/pairing-request.ts";

const OURS = "a".repeat(64);
const THEIRS = "b".repeat(64);
const ID = "47683cb4-c861-4cc6-a25e-f8ad09f08bc9";
const pending = (...requests: unknown[]) => ({ pending: requests, paired: [] });
const request = (deviceId: string, requestId = ID) => ({
  requestId,
  deviceId,
  role: "operator",
  scopes: ["operator.read"],
});
const look =
  (list: unknown, requestId = ID) =>
  () =>
    ownRequest(list, { requestId, deviceId: OURS, host: "alice@home" });

describe("our own pairing request", () => {
  it("is found among others", () => {
    expect(look(pending(request(THEIRS, "other"), request(OURS)))()).toEqual(request(OURS));
  });

  it.each([
    ["of another device", pending(request(THEIRS))],
    ["that two devices claim", pending(request(OURS), request(THEIRS))],
    ["that is gone", pending(request(OURS, "another-id"))],
    ["of a list that is none", { pending: "x" }],
    ["of nothing", undefined],
  ])("is not one %s", (_what, list) => {
    expect(look(list)).toThrow(expect.objectContaining({ code: "PAIRING_MISMATCH" }));
  });

  it.each(["", "--latest", "-h", "a b", "a;b", "$(id)", "a\nb", "é", "x".repeat(129)])("has no id like %j", (id) => {
    expect(look(pending(request(OURS, id)), id)).toThrow(expect.objectContaining({ code: "PAIRING_MISMATCH" }));
  });

  it("is ours or refused, whatever the list holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (list) => {
        expect(look(list)).toThrow(ConnectError);
      }),
    );
  });
});

describe("approving it", () => {
  const signal = new AbortController().signal;
  const desk = (list: unknown, confirmed = OURS) => {
    const approved: string[] = [];
    return {
      approved,
      list: () => Promise.resolve(list),
      approve(requestId: string) {
        approved.push(requestId);
        return Promise.resolve({ requestId, device: { deviceId: confirmed } });
      },
    };
  };
  const approve = (at: ReturnType<typeof desk>, answer = true) =>
    approvePairing(at, {
      host: "alice@home",
      requestId: ID,
      deviceId: OURS,
      questions: { approveDevice: () => Promise.resolve(answer) },
      signal,
    });

  it("names exactly one request", async () => {
    const at = desk(pending(request(OURS), request(THEIRS, "other")));
    await approve(at);
    expect(at.approved).toEqual([ID]);
  });

  it("approves nothing when the request is another device's, or the person says no", async () => {
    const foreign = desk(pending(request(THEIRS)));
    await expect(approve(foreign)).rejects.toMatchObject({ code: "PAIRING_MISMATCH" });
    const unwanted = desk(pending(request(OURS)));
    await expect(approve(unwanted, false)).rejects.toBeInstanceOf(CancelledError);
    expect([...foreign.approved, ...unwanted.approved]).toEqual([]);
  });

  it("does not believe an answer about another device, and gives the command for any other failure", async () => {
    await expect(approve(desk(pending(request(OURS)), THEIRS))).rejects.toMatchObject({ code: "APPROVAL_FAILED" });
    const broken = { ...desk(undefined), list: () => Promise.reject(new Error("no Gateway")) };
    const error: unknown = await approve(broken).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "APPROVAL_FAILED",
      facts: expect.arrayContaining([{ label: "command", value: `openclaw devices approve ${ID}` }]),
    });
  });
});
