import type { ExpectStatic } from "vitest";
import type { ContractCheck } from "../contract/contract-check.ts";
import { Visit } from "../contract/visit.ts";
import type { GatewayUnderTest, RunningGateway } from "../support/gateway-under-test.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";
import { TestIdentity } from "../support/test-identity.ts";
import { type MutatingProxy, type Mutation, startMutatingProxy } from "./mutating-proxy.ts";

/** A check that has not passed by then has failed; unmutated ones take a tenth of it. Milliseconds. */
const PATIENCE_MS = 4_000;
/** The same for those that wait on the Gateway's own clock. */
const CLOCK_PATIENCE_MS = 22_000;
const NONE: Mutation = { name: "nothing is broken" };

/** One Gateway and the proxies before it. */
export class Lane {
  readonly #gateway: RunningGateway;
  readonly #identity = new TestIdentity();
  readonly #proxies = new Map<string, Promise<MutatingProxy>>();

  private constructor(gateway: RunningGateway) {
    this.#gateway = gateway;
  }

  static async start(): Promise<Lane> {
    return new Lane(await startSidecarGateway());
  }

  /** Whether a check fails, or does not end, while one thing is broken. */
  async fails(check: ContractCheck, how: { mutation: Mutation; expect: ExpectStatic }): Promise<boolean> {
    const proxy = await this.#proxy(how.mutation);
    const visit = new Visit(proxy, this.#identity);
    const outcome = run(check, visit, how.expect).then(
      () => "passed",
      () => "failed",
    );
    const patience = check.timeoutMs === undefined ? PATIENCE_MS : CLOCK_PATIENCE_MS;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => (timer = setTimeout(() => resolve("late"), patience)));
    const first = await Promise.race([outcome, late]);
    clearTimeout(timer);
    // One that still waits for something ends with its sockets.
    if (first === "late") proxy.hangUp();
    return (await outcome) === "failed" || first === "late";
  }

  /** Resolves when a check passes through a proxy that breaks nothing. Rejects with the check's own error. */
  async holds(check: ContractCheck, expect: ExpectStatic): Promise<void> {
    await run(check, new Visit(await this.#proxy(NONE), this.#identity), expect);
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await (await proxy).stop();
    await this.#gateway.stop();
  }

  #proxy(mutation: Mutation): Promise<MutatingProxy> {
    const known = this.#proxies.get(mutation.name);
    if (known !== undefined) return known;
    const gateway: GatewayUnderTest = this.#gateway;
    const proxy = startMutatingProxy(gateway, mutation);
    this.#proxies.set(mutation.name, proxy);
    return proxy;
  }
}

async function run(check: ContractCheck, visit: Visit, expect: ExpectStatic): Promise<void> {
  try {
    await check.run(visit, expect);
  } finally {
    await visit.leave();
  }
}
