import { describe, expect, it } from "vitest";
import type { Logger } from "../../../protocol/util/logger.ts";
import { Audit, auditFacts } from "../../../sidecar/gateway/auth/audit.ts";
import type { Peer } from "../../../sidecar/gateway/auth/peer.ts";

function record() {
  const lines: string[] = [];
  let now = 0;
  const write = (line: string): void => void lines.push(line);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  return { lines, audit: new Audit(logger, () => now), wait: (ms: number) => (now += ms) };
}

describe("an audit line", () => {
  it("is one line of facts, whatever is in them", () => {
    const { lines, audit } = record();
    audit.warn("refused", { from: "::1", origin: 'https://a b" from=10.0.0.1\nlet in', count: 3, none: undefined });
    expect(lines).toEqual(['audit: refused from=::1 origin="https://a b\\" from=10.0.0.1?let in" count=3']);
  });

  it("keeps hostile values short and without characters that turn text around", () => {
    const { lines, audit } = record();
    audit.info("let in", { user: `\u202E${"u".repeat(10_000)}` });
    expect(lines[0]?.length).toBeLessThan(200);
    expect(lines[0]).not.toContain("\u202E");
  });

  it("takes what it can from parameters of any shape", () => {
    const peer = { address: "::1", origin: undefined } as Peer;
    for (const params of [null, 5, "x", [], {}, { client: 5, device: [] }, { client: { id: {} } }, { role: {} }]) {
      expect(auditFacts(params, peer)).toEqual({ from: "::1" });
    }
  });

  it("of one kind comes at most thirty times in ten seconds; the rest is counted", () => {
    const { lines, audit, wait } = record();
    for (let count = 0; count < 100; count++) audit.warn("refused", { count });
    audit.warn("let in", {});
    expect(lines).toHaveLength(31);
    wait(10_000);
    audit.warn("refused", { count: 100 });
    expect(lines.slice(-2)).toEqual([
      "audit: refused 70 times more, which were not told one by one",
      "audit: refused count=100",
    ]);
  });
});
