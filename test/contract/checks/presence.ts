import { randomUUID } from "node:crypto";
import { TestIdentity } from "../../support/test-identity.ts";
import type { PresenceEntry, PresencePayload } from "../../support/wire-shapes.ts";
import { check, type ContractGroup } from "../contract-check.ts";

const entryOf = (payload: PresencePayload, deviceId: string): PresenceEntry | undefined =>
  payload.presence.find((entry) => entry.deviceId === deviceId);

export const presence: ContractGroup = {
  about: "presence",
  checks: [
    check("the snapshot knows the Gateway and the one who asks", async (visit, expect) => {
      const { hello } = await visit.operator();
      expect(hello.snapshot.presence).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ mode: "gateway", reason: "self" }),
          expect.objectContaining({
            deviceId: visit.identity.id,
            clientId: "gateway-client",
            mode: "ui",
            roles: ["operator"],
          }),
        ]),
      );
    }),
    check("another's coming is told, with the state's version", async (visit, expect) => {
      const { client } = await visit.operator();
      const identity = new TestIdentity();
      await visit.operator({ identity });
      const event = await client.event(
        "presence",
        (payload: PresencePayload) => entryOf(payload, identity.id)?.reason === "connect",
      );
      expect(event).toMatchObject({ stateVersion: { presence: expect.any(Number), health: expect.any(Number) } });
    }),
    check("another's going is told", async (visit, expect) => {
      const { client } = await visit.operator();
      const identity = new TestIdentity();
      const other = await visit.operator({ identity });
      await other.client.close();
      const event = await client.event(
        "presence",
        (payload: PresencePayload) => entryOf(payload, identity.id)?.reason === "disconnect",
      );
      expect(entryOf(event.payload, identity.id)?.ts).toEqual(expect.any(Number));
    }),
    check(
      "connections of one device that name themselves are each in the list, the earlier one too",
      async (visit, expect) => {
        const names = [randomUUID(), randomUUID()];
        const identity = new TestIdentity();
        for (const instanceId of names) await visit.operator({ identity, client: { instanceId } });
        await visit.operator({ identity });
        const { client } = await visit.operator();
        const list = await client.call<readonly PresenceEntry[]>("system-presence");
        expect(list.map(({ instanceId }) => instanceId)).toEqual(expect.arrayContaining(names));
      },
    ),
    check("an operator without scopes is told nothing", async (visit, expect) => {
      const { client } = await visit.operator({ identity: null });
      const reader = await visit.operator();
      const identity = new TestIdentity();
      await visit.operator({ identity });
      await reader.client.event("presence", (payload: PresencePayload) => entryOf(payload, identity.id) !== undefined);
      await client.ping();
      expect(client.events("presence")).toEqual([]);
    }),
  ],
};
