import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import * as schemas from "@openclaw/gateway-protocol/schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_SCOPES, RawGatewayClient, type ResFrame } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";

/** Every name that the protocol knows for a parameter. Which method takes which is learned from its own words. */
const NAMES: readonly string[] = [
  ...new Set(
    Object.entries(schemas as unknown as Record<string, { readonly properties?: object } | undefined>)
      .filter(([name]) => name.endsWith("ParamsSchema"))
      .flatMap(([, schema]) => Object.keys(schema?.properties ?? {})),
  ),
];

const DEEP = Array.from({ length: 200 }).reduce<unknown>((inner) => ({ "": inner }), "deep");

/** What no well-behaved client sends, for each kind of value that a method may want. */
const STRINGS = [
  "x",
  "../../../../etc/passwd",
  "a'; DROP TABLE sessions;--",
  "\u0000\u001b[2J\u202e",
  "\ud800",
  "__proto__",
  "constructor",
  "agent:main:main",
  "agent:main:../../x",
  "%s%n${1+1}`id`",
  "x".repeat(10_000),
  "",
];
const NUMBERS = [0, -1, 1, 2 ** 53, -(2 ** 53), 1e308, 3];
const OTHERS: readonly unknown[] = [null, true, [], {}, DEEP, [[[]]], JSON.parse('{"__proto__":{"x":1}}'), 0.5];

/** Ends a method's run of its own accord, and not because of what was sent. */
const WAITS = new Set(["agent.wait", "exec.approval.waitDecision", "exec.approval.request", "node.invoke"]);

describe("parameters that nobody should send", { timeout: 180_000 }, () => {
  let sidecar: RunningSidecar;
  let client: RawGatewayClient;
  let methods: readonly string[];
  const taken = new Map<string, readonly string[]>();

  beforeAll(async () => {
    sidecar = await startSidecar();
    client = await RawGatewayClient.open(sidecar.url);
    const hello = await client.hello(sidecar.token, { scopes: ALL_SCOPES });
    methods = (hello.payload as { features: { methods: string[] } }).features.methods;
  });
  afterAll(async () => {
    await client?.close();
    await sidecar?.stop();
  });

  const problem = ({ error }: ResFrame): string => error?.message ?? "";

  /**
   * Fills in every name with the same strange value, and mends what the method complains about until it takes the rest, so that
   * what is behind the door is reached, too.
   */
  async function press(method: string, round: number): Promise<ResFrame> {
    const known = new Set(taken.get(method) ?? NAMES);
    const string = STRINGS[round % STRINGS.length] ?? "";
    const number = NUMBERS[round % NUMBERS.length] ?? 0;
    const params = new Map<string, unknown>([...known].map((name) => [name, string]));
    for (;;) {
      const answer = await client.request(method, Object.fromEntries(params));
      const unexpected = /at root: unexpected property '([^']+)'/.exec(problem(answer))?.[1] ?? "";
      const [, path = "", why = ""] = /at \/(\S+?): (.*)$/s.exec(problem(answer)) ?? [];
      const [name = ""] = path.split("/");
      if (params.delete(unexpected)) known.delete(unexpected);
      else if (!params.has(name)) {
        // One that takes every name looks at none.
        taken.set(method, known.size === NAMES.length ? [] : [...known]);
        return answer;
      } else if (/must be integer|must be [<>]=/.test(why) && params.get(name) !== number) params.set(name, number);
      else if (/boolean/.test(why)) params.set(name, round % 2 === 0);
      else if (/array/.test(why)) params.set(name, [string]);
      else if (/object/.test(why) && params.get(name) === string) params.set(name, { [string]: string });
      else params.delete(name);
    }
  }

  const sound = (method: string, answer: ResFrame): string[] => {
    if (answer.ok) return [];
    const { code, message } = answer.error ?? { code: "", message: "" };
    const faults = [
      ...(/^[A-Z_]+$/.test(code) ? [] : [`no code: ${code}`]),
      ...(message === "" || message.length > 2_000 ? [`a message of ${message.length} characters`] : []),
      ...(/\bat .*\.(?:ts|mjs):\d+|SQLITE|\bundefined\b|\[object/.test(message) ? [message.slice(0, 200)] : []),
      ...(message.includes(sidecar.stateDir) ? [`it tells a path: ${message.slice(0, 200)}`] : []),
    ];
    return faults.map((fault) => `${method}: ${fault}`);
  };

  it("are answered by every method in a few plain words, whatever their kind", async () => {
    const faults: string[] = [];
    for (const method of methods) {
      for (const params of [...OTHERS, "text", 7]) {
        // A method that needs none may go on until it is told to stop.
        if (WAITS.has(method)) break;
        faults.push(...sound(method, await client.request(method, params)));
      }
    }
    expect(faults).toEqual([]);
  });

  it("do no harm behind the door either: every answer is plain, nothing fails inside, and nothing is left on the disk", async () => {
    const before = await readdir(sidecar.stateDir);
    const faults: string[] = [];
    let inside = 0;
    const pressAll = async (method: string): Promise<void> => {
      for (let round = 0; round < STRINGS.length; round += 1) {
        const answer = await press(method, round);
        inside += answer.ok ? 1 : 0;
        faults.push(...sound(method, answer));
      }
    };
    const left = methods.filter((name) => !WAITS.has(name));
    while (left.length > 0) await Promise.all(left.splice(0, 12).map(pressAll));
    // Most of it is refused at the door, and yet not all.
    expect(NAMES.length).toBeGreaterThan(200);
    expect(inside).toBeGreaterThan(100);
    expect(faults).toEqual([]);
    expect([...taken.values()].filter((names) => names.length > 0).length).toBeGreaterThan(30);
    expect(
      sidecar
        .stderr()
        .split("\n")
        .filter((line) => / error /.test(line)),
    ).toEqual([]);
    expect((await client.request("health")).ok).toBe(true);
    expect((await readdir(sidecar.stateDir)).filter((name) => !before.includes(name))).toEqual([]);
    const key = `agent:main:${randomUUID()}`;
    expect((await client.request("sessions.create", { key })).ok).toBe(true);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});
