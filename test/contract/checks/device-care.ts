import { TestIdentity } from "../../support/test-identity.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import type { Visit } from "../visit.ts";

interface DeviceRow {
  readonly deviceId: string;
  readonly tokens: readonly { readonly role: string; readonly revokedAtMs?: number }[];
}

/** A device besides that of the operator. */
async function device(visit: Visit) {
  const { client: boss } = await visit.operator();
  const identity = new TestIdentity();
  const scopes = ["operator.read", "operator.write"];
  const other = await visit.operator({ identity, scopes });
  const row = async (): Promise<DeviceRow | undefined> => {
    const { paired } = await boss.call<{ paired: DeviceRow[] }>("device.pair.list");
    return paired.find((each) => each.deviceId === identity.id);
  };
  return { boss, identity, scopes, client: other.client, token: other.hello.auth.deviceToken, row };
}

const gone = { code: 4001, reason: "device removed" };

export const deviceCare: ContractGroup = {
  about: "the care of devices",
  checks: [
    check("a paired device is listed with its roles, its scopes and its token's date", async (visit, expect) => {
      const { identity, scopes, row } = await device(visit);
      expect(await row()).toMatchObject({
        deviceId: identity.id,
        clientId: "gateway-client",
        roles: ["operator"],
        scopes,
        connected: true,
        tokens: [{ role: "operator", createdAtMs: expect.any(Number) }],
      });
    }),
    check("nobody is shown a token", async (visit, expect) => {
      const { boss, token } = await device(visit);
      expect(JSON.stringify(await boss.call("device.pair.list"))).not.toContain(token);
    }),
    check("a device that is removed is thrown out, and its token opens nothing", async (visit, expect) => {
      const { boss, identity, client, token, scopes, row } = await device(visit);
      expect(await boss.call("device.pair.remove", { deviceId: identity.id })).toEqual({ deviceId: identity.id });
      expect(await client.closed).toEqual(gone);
      expect(await row()).toBeUndefined();
      const { error } = await visit.refused({ identity, scopes, auth: { deviceToken: token } });
      expect(error.details).toMatchObject({ code: "AUTH_DEVICE_TOKEN_MISMATCH" });
    }),
    check("a rotated token ends the sockets, and the old one opens nothing", async (visit, expect) => {
      const { boss, identity, client, token, scopes } = await device(visit);
      const answer = await boss.call<Record<string, unknown>>("device.token.rotate", {
        deviceId: identity.id,
        role: "operator",
      });
      expect(answer).toMatchObject({ deviceId: identity.id, role: "operator", tokenDelivery: "withheld-cross-device" });
      expect(answer["token"]).toBeUndefined();
      expect(await client.closed).toEqual(gone);
      const { error } = await visit.refused({ identity, scopes, auth: { deviceToken: token } });
      expect(error.details).toMatchObject({ code: "AUTH_DEVICE_TOKEN_MISMATCH" });
    }),
    check("a revoked token ends the sockets, and opens nothing", async (visit, expect) => {
      const { boss, identity, client, token, scopes, row } = await device(visit);
      const answer = await boss.call("device.token.revoke", { deviceId: identity.id, role: "operator" });
      expect(answer).toMatchObject({ deviceId: identity.id, role: "operator", revokedAtMs: expect.any(Number) });
      expect(await client.closed).toEqual(gone);
      expect((await row())?.tokens[0]?.revokedAtMs).toEqual(expect.any(Number));
      const { error } = await visit.refused({ identity, scopes, auth: { deviceToken: token } });
      expect(error.details).toMatchObject({ code: "AUTH_DEVICE_TOKEN_MISMATCH" });
    }),
    check("a rotation gives no more than was approved", async (visit, expect) => {
      const { boss, identity } = await device(visit);
      const denied = async (params: Record<string, unknown>) =>
        (await boss.request("device.token.rotate", { deviceId: identity.id, role: "operator", ...params })).error
          ?.message;
      expect(await denied({ scopes: ["operator.admin"] })).toBe("device token rotation denied");
      expect(await denied({ role: "node" })).toBe("device token rotation denied");
      expect(await denied({ deviceId: "nobody" })).toBe("device token rotation denied");
    }),
    check("a device can be given a name", async (visit, expect) => {
      const { boss, identity, row } = await device(visit);
      const named = { deviceId: identity.id, label: "desk" };
      expect(await boss.call("device.pair.rename", named)).toEqual(named);
      expect(await row()).toMatchObject({ operatorLabel: "desk" });
      await boss.event("device.pair.changed");
    }),
    check("what is not there is named", async (visit, expect) => {
      const { client } = await visit.operator();
      const refused = async (method: string, params: unknown) => (await client.request(method, params)).error?.message;
      expect(await refused("device.pair.approve", { requestId: "nope" })).toBe("unknown requestId");
      expect(await refused("device.pair.reject", { requestId: "nope" })).toBe("unknown requestId");
      expect(await refused("device.pair.remove", { deviceId: "nope" })).toBe("unknown deviceId");
      expect(await refused("device.pair.rename", { deviceId: "nope", label: "x" })).toBe("unknown deviceId");
      expect(await refused("device.token.revoke", { deviceId: "nope", role: "operator" })).toBe(
        "device token revocation denied",
      );
    }),
  ],
};
