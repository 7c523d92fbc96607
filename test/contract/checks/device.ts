import { TestIdentity } from "../../support/test-identity.ts";
import type { HelloOptions } from "../../support/raw-gateway-client.ts";
import { check, type ContractCheck, type ContractGroup } from "../contract-check.ts";

const HOUR = 3_600_000;

function refusesDevice(
  name: string,
  hello: HelloOptions,
  expected: { message: string; code?: string; reason?: string },
): ContractCheck {
  return check(name, async (visit, expect) => {
    const { error, closing } = await visit.refused(hello);
    expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expected.message });
    if (expected.code !== undefined)
      expect(error.details).toMatchObject({ code: expected.code, reason: expected.reason });
    expect(closing).toEqual({ code: 1008, reason: expected.message });
  });
}

const mismatch = {
  message: "device identity mismatch",
  code: "DEVICE_AUTH_DEVICE_ID_MISMATCH",
  reason: "device-id-mismatch",
};
const expired = {
  message: "device signature expired",
  code: "DEVICE_AUTH_SIGNATURE_EXPIRED",
  reason: "device-signature-stale",
};
const forged = {
  message: "device signature invalid",
  code: "DEVICE_AUTH_SIGNATURE_INVALID",
  reason: "device-signature",
};

const tokenMismatch = {
  code: "INVALID_REQUEST",
  message: "unauthorized: device token mismatch (rotate/reissue device token)",
  details: { code: "AUTH_DEVICE_TOKEN_MISMATCH", authReason: "device_token_mismatch" },
};

export const device: ContractGroup = {
  about: "a device",
  checks: [
    check("may sign with v3", async (visit, expect) => {
      const { hello } = await visit.operator({ signature: "v3" });
      expect(hello.auth.scopes).toContain("operator.admin");
    }),
    check("may sign with v2", async (visit, expect) => {
      const { hello } = await visit.operator({ signature: "v2" });
      expect(hello.auth.scopes).toContain("operator.admin");
    }),
    check("signs its platform and family in lower case with v3", async (visit, expect) => {
      const { hello } = await visit.operator({
        identity: new TestIdentity(),
        client: { platform: "Linux", deviceFamily: "Desktop" },
      });
      expect(hello.type).toBe("hello-ok");
    }),
    check("that comes from this computer is paired at once and gets a token of its own", async (visit, expect) => {
      const { hello } = await visit.operator({ identity: new TestIdentity() });
      expect(hello.auth.deviceToken).toMatch(/^[\w-]{43}$/);
      expect(hello.auth.deviceToken).not.toBe(visit.gateway.token);
      expect(Math.abs(hello.auth.issuedAtMs - Date.now())).toBeLessThan(60_000);
    }),
    check("keeps the same token on every connection", async (visit, expect) => {
      const first = await visit.operator();
      const second = await visit.operator();
      expect(second.hello.auth.deviceToken).toBe(first.hello.auth.deviceToken);
    }),
    check("comes back with its device token alone", async (visit, expect) => {
      const first = await visit.operator();
      const { hello } = await visit.operator({ auth: { deviceToken: first.hello.auth.deviceToken } });
      expect(hello.auth).toMatchObject({
        method: "device-token",
        role: "operator",
        deviceToken: first.hello.auth.deviceToken,
      });
    }),
    check("comes back with its device token in the token field", async (visit, expect) => {
      const first = await visit.operator();
      const { hello } = await visit.operator({ auth: { token: first.hello.auth.deviceToken } });
      expect(hello.auth.method).toBe("device-token");
    }),
    check("comes back with its device token although the shared token is wrong", async (visit, expect) => {
      const first = await visit.operator();
      const { hello } = await visit.operator({ auth: { token: "wrong", deviceToken: first.hello.auth.deviceToken } });
      expect(hello.auth.method).toBe("device-token");
    }),
    check("cannot use another device's token", async (visit, expect) => {
      const first = await visit.operator();
      const auth = { deviceToken: first.hello.auth.deviceToken };
      expect((await visit.refused({ identity: new TestIdentity(), auth })).error).toMatchObject(tokenMismatch);
    }),
    check("cannot use a token that was never issued", async (visit, expect) => {
      expect((await visit.refused({ auth: { deviceToken: "A".repeat(43) } })).error).toMatchObject(tokenMismatch);
    }),
    check("must be there for its token to count", async (visit, expect) => {
      const first = await visit.operator();
      const { error } = await visit.refused({ identity: null, auth: { deviceToken: first.hello.auth.deviceToken } });
      expect(error).toMatchObject({ code: "NOT_PAIRED", details: { code: "DEVICE_IDENTITY_REQUIRED" } });
    }),
    check("with a wrong token that has one is told to try its device token", async (visit, expect) => {
      const { error } = await visit.refused({ auth: { token: "wrong" } });
      expect(error.details).toMatchObject({
        canRetryWithDeviceToken: true,
        recommendedNextStep: "retry_with_device_token",
      });
    }),
    refusesDevice(
      "is refused when its id is not the hash of its key",
      { tamper: (sent) => ({ ...sent, id: "0".repeat(64) }) },
      mismatch,
    ),
    refusesDevice(
      "is refused when its key is another's",
      { tamper: (sent) => ({ ...sent, publicKey: new TestIdentity().publicKey }) },
      mismatch,
    ),
    refusesDevice(
      "is refused when its key is no key",
      { tamper: (sent) => ({ ...sent, publicKey: "AAAA" }) },
      mismatch,
    ),
    refusesDevice(
      "is refused when its signature is another's",
      { tamper: (sent) => ({ ...sent, signature: "A".repeat(86) }) },
      forged,
    ),
    refusesDevice(
      "is refused when it signed another nonce",
      { nonce: "x" },
      { message: "device nonce mismatch", code: "DEVICE_AUTH_NONCE_MISMATCH", reason: "device-nonce-mismatch" },
    ),
    refusesDevice("is refused when it signed an hour ago", { signedAt: Date.now() - HOUR }, expired),
    refusesDevice("is refused when it signed an hour ahead", { signedAt: Date.now() + HOUR }, expired),
    check("may have a clock that is a minute and a half late", async (visit, expect) => {
      const { hello } = await visit.operator({ signedAt: Date.now() - 90_000 });
      expect(hello.type).toBe("hello-ok");
    }),
    refusesDevice(
      "is refused without a signature",
      { tamper: (sent) => ({ ...sent, signature: undefined }) },
      { message: "invalid connect params: at /device: must have required property 'signature'" },
    ),
    refusesDevice(
      "is refused without a nonce",
      { tamper: (sent) => ({ ...sent, nonce: undefined }) },
      { message: "invalid connect params: at /device: must have required property 'nonce'" },
    ),
    refusesDevice(
      "is refused when the time of its signature is no number",
      { tamper: (sent) => ({ ...sent, signedAt: "now" }) },
      { message: "invalid connect params: at /device/signedAt: must be integer" },
    ),
  ],
};
