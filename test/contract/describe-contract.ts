import { beforeAll, describe, type ExpectStatic, it } from "vitest";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { TestIdentity } from "../support/test-identity.ts";
import type { ContractCheck, ContractGroup } from "./contract-check.ts";
import { contract } from "./contract.ts";
import { Visit } from "./visit.ts";

/** The real one may have to be installed first. */
const START_WITHIN_MS = 300_000;

/** Holds one running Gateway against the whole contract. */
export function describeContract(who: string, start: () => Promise<RunningGateway>): void {
  describe(`${who} keeps the contract`, () => {
    let gateway: RunningGateway;
    const identity = new TestIdentity();
    beforeAll(async () => {
      gateway = await start();
      return () => gateway.stop();
    }, START_WITHIN_MS);

    const hold = async (check: ContractCheck, expect: ExpectStatic): Promise<void> => {
      const visit = new Visit(gateway, identity);
      try {
        await check.run(visit, expect);
      } finally {
        await visit.leave();
      }
    };
    const group = ({ about, checks, together }: ContractGroup): void => {
      const options = together === true ? { concurrent: true } : {};
      describe(`about ${about}`, options, () => {
        for (const check of checks) {
          it(`${about}: ${check.name}`, { timeout: check.timeoutMs ?? 90_000 }, async ({ expect }) => {
            expect.hasAssertions();
            await hold(check, expect);
          });
        }
      });
    };
    for (const each of contract) group(each);

    it("at the end: a Gateway that is stopped says so and closes with 1012", async ({ expect }) => {
      const visit = new Visit(gateway, identity);
      const { client } = await visit.operator();
      const stopped = gateway.stop();
      const { payload } = await client.event<{ reason?: string }>("shutdown");
      expect(payload.reason).toEqual(expect.any(String));
      expect((await client.closed).code).toBe(1012);
      await stopped;
    });
  });
}
