import { afterAll, describe, type ExpectStatic, it } from "vitest";
import type { ContractCheck } from "../contract/contract-check.ts";
import { contract } from "../contract/contract.ts";
import { Lanes } from "./lanes.ts";
import type { Lane } from "./lane.ts";
import type { Mutation } from "./mutating-proxy.ts";
import { MUTATIONS, clockMutations } from "./mutations.ts";

/** As many checks at once as vitest runs of one file, each at a Gateway that nobody else visits meanwhile. */
const lanes = new Lanes();
/** Which mutation each check noticed, to be told at the end. */
const noticed = new Map<string, number>();

afterAll(async () => {
  await lanes.close();
  const rows = [...noticed].sort(([, one], [, other]) => other - one);
  const told = rows.map(([name, count]) => `${String(count).padStart(4)}  ${name}`).join("\n");
  process.stdout.write(`${MUTATIONS.length} mutations; first noticed by so many checks:\n${told}\n`);
});

describe("the contract can fail", { concurrent: true }, () => {
  for (const { about, checks } of contract) {
    for (const check of checks) {
      it(`${about}: ${check.name}`, { timeout: 180_000 }, async ({ expect }) => {
        const by = await lanes.use((lane) => breakingMutation(check, lane, expect));
        expect(by, "no mutation makes this check fail: it proves nothing").toBeDefined();
        noticed.set(by ?? "", (noticed.get(by ?? "") ?? 0) + 1);
      });
    }
  }
});

/**
 * The first mutation under which a check fails that passes at the same Gateway right after, without it.
 * @throws the check's own error when it does not pass without one
 */
async function breakingMutation(
  check: ContractCheck,
  lane: Lane,
  expect: ExpectStatic,
): Promise<Mutation["name"] | undefined> {
  for (const mutation of check.timeoutMs === undefined ? MUTATIONS : [...clockMutations, ...MUTATIONS]) {
    const failed = await lane.fails(check, { mutation, expect });
    if (!failed) continue;
    await lane.holds(check, expect);
    return mutation.name;
  }
  return undefined;
}
