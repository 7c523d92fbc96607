import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { approvalScopes, grantable, refuseCommand } from "../../../sidecar/nodes/command-policy.ts";
import { type NodeHello, Nodes } from "../../../sidecar/nodes/nodes.ts";
import { Store } from "../../../sidecar/store/store.ts";

const NONE = { allow: [], deny: [] };

describe("the command policy", () => {
  it.each([
    ["system.notify", "linux", undefined],
    ["system.which", "linux", undefined],
    ["system.which", "ios", "not in the allowlist"],
    ["camera.snap", "macos", "requires explicit gateway.nodes.commands.allow opt-in"],
    ["acid.echo", "linux", "not in the allowlist"],
    ["constructor", "__proto__", "not in the allowlist"],
  ])("says of %s on %s: %s", (command, platform, why) => {
    const refusal = refuseCommand(command, platform, NONE);
    if (why === undefined) expect(refusal).toBeUndefined();
    else expect(refusal).toContain(why);
  });

  it("lets the config allow what is dangerous, and deny what is not", () => {
    expect(refuseCommand("camera.snap", "ios", { allow: ["camera.snap"], deny: [] })).toBeUndefined();
    expect(refuseCommand("system.notify", "linux", { allow: ["system.notify"], deny: ["system.notify"] })).toContain(
      "commands.deny",
    );
  });

  it("asks for an admin where a node can be made to run things", () => {
    expect(approvalScopes([])).toEqual(["operator.pairing"]);
    expect(approvalScopes(["system.notify"])).toEqual(["operator.pairing", "operator.write"]);
    expect(approvalScopes(["system.notify", "system.run"])).toEqual(["operator.pairing", "operator.admin"]);
  });

  it("names what is declared twice once", () => {
    expect(grantable(["system.notify", "system.notify", "x"], "linux", NONE)).toEqual(["system.notify"]);
  });
});

describe("the nodes", () => {
  let folder: string;
  let store: Store;
  let nodes: Nodes;
  let rules: { allow: string[]; deny: string[] };
  let news: unknown[][];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "nodes-"));
    store = new Store(join(folder, "s.sqlite"));
    rules = { allow: [], deny: [] };
    news = [];
    nodes = new Nodes({
      store: store.nodes,
      rules: () => rules,
      sink: {
        requested: (view) => news.push(["requested", view["commands"]]),
        resolved: (view) => news.push([view["decision"]]),
        hostStats: (payload) => news.push(["stats", payload["nodeId"]]),
      },
    });
    store.devices.save({
      ...DEVICE,
      label: undefined,
      displayName: undefined,
      deviceFamily: undefined,
      remoteIp: undefined,
    });
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const link = () => {
    const told: [string, Record<string, unknown>][] = [];
    return {
      told,
      tell: (event: string, payload: unknown) => void told.push([event, payload as Record<string, unknown>]),
    };
  };
  const hello = (...commands: string[]): NodeHello => ({ ...HELLO, declared: { caps: ["system"], commands } });
  const approve = () => {
    const node = nodes.get("n1");
    if (node === undefined) throw new Error("no node");
    nodes.approve(node, 5);
  };
  const commands = () => nodes.live("n1")?.surface.commands;

  it("may do nothing until an operator agrees", () => {
    nodes.attach(link(), hello("system.which", "acid.echo"), 1);
    expect(commands()).toEqual([]);
    approve();
    expect(commands()).toEqual(["system.which"]);
    expect(news).toEqual([["requested", ["system.which"]], ["approved"]]);
  });

  it("ask once for the same, again for more, and withdraw with less", () => {
    const first = link();
    nodes.attach(first, hello("system.which"), 1);
    nodes.attach(link(), hello("system.which"), 2);
    expect(news).toHaveLength(1);
    approve();
    nodes.attach(link(), hello("system.which", "system.notify"), 3);
    expect(commands()).toEqual(["system.which"]);
    nodes.attach(link(), hello("system.which"), 4);
    expect(news.map(([what]) => what)).toEqual(["requested", "approved", "requested", "rejected"]);
  });

  it("lose what the config denies the next time they come", () => {
    nodes.attach(link(), hello("system.which", "system.notify"), 1);
    approve();
    rules.deny.push("system.notify");
    nodes.attach(link(), hello("system.which", "system.notify"), 2);
    expect(commands()).toEqual(["system.which"]);
  });

  it("are asked on their newest socket, and an older one takes over when that goes", () => {
    const [old, young] = [link(), link()];
    nodes.attach(old, hello("system.which"), 1);
    nodes.attach(young, hello("system.which"), 2);
    expect(nodes.live("n1")?.link).toBe(young);
    nodes.detach("n1", young);
    expect(nodes.live("n1")?.link).toBe(old);
    nodes.detach("n1", old);
    expect(nodes.live("n1")).toBeUndefined();
  });

  const ask = (to: ReturnType<typeof link>, timeoutMs = 5_000) =>
    nodes.invocations.ask(to, { nodeId: "n1", command: "c", params: { a: 1 }, timeoutMs, idempotencyKey: "k" });

  it("answer once, and nobody answers for another", async () => {
    const [one, other] = [link(), link()];
    const answer = ask(one);
    const id = String(one.told[0]?.[1]["id"]);
    expect(one.told[0]).toEqual(["node.invoke.request", expect.objectContaining({ paramsJSON: '{"a":1}' })]);
    const outcome = { ok: true, payload: 7, payloadJSON: null } as const;
    expect(nodes.invocations.answer(id, other, outcome)).toBe(false);
    expect(nodes.invocations.answer(id, one, outcome)).toBe(true);
    expect(nodes.invocations.answer(id, one, outcome)).toBe(false);
    expect(await answer).toEqual(outcome);
  });

  it("that say nothing time out and are told so; that go away are not waited for", async () => {
    const slow = link();
    expect(await ask(slow, 5)).toMatchObject({ ok: false, code: "TIMEOUT" });
    expect(slow.told.at(-1)?.[0]).toBe("node.invoke.cancel");
    const gone = link();
    const answer = ask(gone);
    nodes.invocations.drop(gone);
    expect(await answer).toMatchObject({ ok: false, code: "DISCONNECTED" });
    expect(nodes.invocations.waitingFor(gone)).toBe(0);
  });

  it("go when their device goes", () => {
    nodes.attach(link(), hello("system.which"), 1);
    store.devices.remove("n1");
    expect(nodes.get("n1")).toBeUndefined();
  });
});

const DEVICE = {
  deviceId: "n1",
  publicKey: "k",
  platform: "linux",
  clientId: "node-host",
  clientMode: "node",
  roles: ["node"],
  scopes: [],
  approvedVia: "silent",
  createdAt: 1,
  approvedAt: 1,
  lastSeenAt: 1,
};

const HELLO = {
  nodeId: "n1",
  displayName: "one",
  platform: "linux",
  deviceFamily: undefined,
  version: "1",
  clientId: "node-host",
  clientMode: "node",
};
