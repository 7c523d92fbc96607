import { describe, expect, it, vi } from "vitest";
import { initialState } from "../../../protocol/client/connection-state.ts";
import { GatewayRequestError } from "../../../protocol/client/request-error.ts";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { emptyLadder } from "../../../protocol/ladder/steps.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { type ChooseGatewayPorts, chooseGateway } from "../../../extension/commands/choose-gateway.ts";
import {
  type ConnectPorts,
  connectTo,
  disconnect,
  resumeConnection,
  retryConnection,
} from "../../../extension/commands/connect.ts";
import { connectChoices } from "../../../extension/commands/connect-choices.ts";
import { gatewayCall, paramsFault } from "../../../extension/commands/gateway-call.ts";
import { COMMAND_IDS, RESUME_KEY } from "../../../extension/commands/ids.ts";
import { type ManagePorts, manageGateways } from "../../../extension/commands/manage-gateways.ts";
import { menuEntries, showMenu } from "../../../extension/commands/menu.ts";
import { type CommandHandlers, CommandRegistry } from "../../../extension/commands/registry.ts";
import type { ConnectOutcome, LinkView } from "../../../extension/connection/gateway-link.ts";
import { type GatewayProfile, targetKey } from "../../../extension/connection/profile.ts";
import { errorSentence } from "../../../extension/ui/present-error.ts";
import { BACK } from "../../../extension/ui/prompts.ts";
import { type Answer, CLOUD, HOME, connectedState, failedWith, linkView, memory, scriptedPrompts } from "./fakes.ts";

const t = translator("en");
const saved = (...profiles: readonly (typeof HOME)[]) => profiles.map((profile) => ({ ...profile, lastUsedAt: 1 }));

describe("the command registry", () => {
  const handlers = Object.fromEntries(COMMAND_IDS.map((id) => [id, () => id])) as CommandHandlers;
  const registry = (more: Partial<CommandHandlers>) => {
    const present = vi.fn();
    const error = vi.fn();
    const logger = { ...silentLogger, error };
    return { present, error, commands: new CommandRegistry({ handlers: { ...handlers, ...more }, logger, present }) };
  };

  it("gives back what the command gave", async () => {
    expect(await registry({}).commands.run("health")).toBe("health");
  });

  it("logs and shows a failure, and does not pass it on", async () => {
    const failure = new Error("broken");
    const { commands, present, error } = registry({ health: () => Promise.reject(failure) });
    expect(await commands.run("health")).toBeUndefined();
    expect(present).toHaveBeenCalledWith(failure);
    expect(error.mock.calls[0]?.[0]).toContain("openclaw.health");
  });

  it("says nothing about a cancel", async () => {
    const { commands, present, error } = registry({
      health: () => {
        throw new CancelledError();
      },
    });
    await commands.run("health");
    expect(present).not.toHaveBeenCalled();
    expect(error).not.toHaveBeenCalled();
  });
});

describe("where to connect", () => {
  const nas = async () => [{ name: "nas.tail1.ts.net", os: "linux" }];
  const choose = (
    answers: readonly Answer[],
    profiles = saved(),
    tailnet: ChooseGatewayPorts["tailnet"] = nas,
    more: { readonly windowId?: string } & Pick<ChooseGatewayPorts, "nearby"> = {},
  ) => {
    const prompts = scriptedPrompts(...answers);
    const chosen = chooseGateway({
      ...(more.nearby === undefined ? {} : { nearby: more.nearby }),
      prompts,
      profiles: { list: () => profiles },
      sshHosts: async () => ["home-server", "build-01"].map((alias) => ({ alias, forwards: [] })),
      tailnet,
      windowHost: async () => (more.windowId === undefined ? undefined : { id: more.windowId, isHere: false }),
      view: () => linkView(initialState),
      t,
    });
    return { prompts, chosen };
  };

  it("offers saved Gateways with their state, then the hosts of ssh_config, then new places", () => {
    const items = connectChoices(
      {
        saved: saved(HOME, CLOUD),
        sshHosts: [
          { alias: "build-01", forwards: ["1 → localhost:18789", "[::1]:2 → b:2"] },
          { alias: "alice@home", forwards: [] },
        ],
        view: linkView(connectedState),
      },
      t,
    );
    expect(items.map((item) => ("separator" in item ? `— ${item.separator}` : item.label))).toEqual([
      "— Saved",
      "$(server) home-server",
      "$(link) cloud",
      "— ~/.ssh/config",
      "$(server) build-01",
      "— Somewhere else",
      "$(terminal) SSH host…",
      "$(link) WebSocket URL…",
      "$(device-desktop) This computer",
    ]);
    expect(items[1]).toMatchObject({ description: "alice@home · connected" });
    expect(items[2]).toMatchObject({ description: "wss://cloud.example/" });
    const hint = "LocalForward 1 → localhost:18789, LocalForward [::1]:2 → b:2";
    expect(items[4]).toMatchObject({ description: hint });
  });

  it("offers the host of a remote window, by the name of the host, until it is saved", async () => {
    const id = "ssh-remote+home";
    const target = { kind: "window", window: id } as const;
    const chosen = choose(["This window's remote host"], saved(), nas, { windowId: id }).chosen;
    expect(await chosen).toEqual({ name: "home", target });
    expect(await choose(["This window"], saved(), nas, { windowId: "box/0123456789abcdef" }).chosen).toMatchObject({
      name: "box",
    });
    const rows = (windowHost?: string, known = saved()) =>
      connectChoices({ saved: known, sshHosts: [], windowHost, view: linkView(initialState) }, t).filter(
        (item) => "label" in item && item.label.includes("This window"),
      );
    expect(rows(id)).toHaveLength(1);
    expect(rows(id, saved({ name: "home", target }))).toEqual([]);
    expect(rows()).toEqual([]);
  });

  it("takes a host of ssh_config by its alias", async () => {
    expect(await choose(["build-01"]).chosen).toEqual({
      name: "build-01",
      target: { kind: "ssh", destination: "build-01" },
    });
  });

  it("goes back from an address to the list", async () => {
    const { chosen, prompts } = choose(["SSH host", BACK, "WebSocket URL", "wss://a.example"]);
    expect(await chosen).toEqual({ name: "a.example", target: { kind: "url", url: "wss://a.example/" } });
    expect(prompts.said).toHaveLength(4);
  });

  it("offers a computer of the tailnet over SSH, with its user, and as Tailscale Serve shows it", async () => {
    expect(await choose(["nas.tail1", "SSH", "alice@nas.tail1.ts.net"]).chosen).toEqual({
      name: "nas.tail1.ts.net",
      target: { kind: "ssh", destination: "alice@nas.tail1.ts.net" },
    });
    expect(await choose(["nas.tail1", BACK, "nas.tail1", "Tailscale Serve"]).chosen).toEqual({
      name: "nas.tail1.ts.net",
      target: { kind: "url", url: "wss://nas.tail1.ts.net/" },
    });
  });

  it.each([
    [true, "wss://nas.tail1.ts.net/ · a Gateway answers there"],
    [false, "wss://nas.tail1.ts.net/ · no Gateway answers there"],
  ])("tries what Tailscale Serve shows while it asks (%s)", async (found, description) => {
    let asked: AbortSignal | undefined;
    const shown: (string | undefined)[] = [];
    const prompts = scriptedPrompts();
    const serves = async (host: string, signal: AbortSignal) => {
      expect(host).toBe("nas.tail1.ts.net");
      asked = signal;
      return found;
    };
    const answers = ["nas.tail1", "Tailscale Serve"];
    const pick: typeof prompts.pick = async ({ items: first, live }) => {
      let items = first;
      const following = live?.((more) => (items = more));
      await new Promise((resolve) => setTimeout(resolve, 5));
      following?.dispose();
      const [answer = ""] = answers.splice(0, 1);
      const row = items.filter((item) => "value" in item).find(({ label }) => label.includes(answer));
      shown.push(row?.description);
      return row?.value;
    };
    const chosen = await chooseGateway({
      prompts: { ...prompts, pick },
      profiles: { list: () => [] },
      sshHosts: async () => [],
      tailnet: nas,
      serves,
      view: () => linkView(initialState),
      t,
    });
    expect(chosen?.target).toEqual({ kind: "url", url: "wss://nas.tail1.ts.net/" });
    expect(shown).toEqual(["linux", description]);
    expect(asked?.aborted).toBe(true);
  });

  it("only suggests what announces itself nearby: over SSH, or by its own TLS", async () => {
    const beacon = { name: "Home", host: "home.local", port: 18789, isTls: true };
    const near = async () => [beacon, { ...beacon, name: "Plain", host: "plain.local", isTls: false }];
    const pick = (answers: readonly Answer[], profiles = saved()) => choose(answers, profiles, nas, { nearby: near });
    expect(await pick(["Home", "SSH", "alice@home.local"]).chosen).toEqual({
      name: "home.local",
      target: { kind: "ssh", destination: "alice@home.local" },
    });
    expect(await pick(["Home", BACK, "Home", "WebSocket"]).chosen).toEqual({
      name: "home.local",
      target: { kind: "url", url: "wss://home.local:18789/" },
    });
    expect(await pick(["Plain", "plain.local"]).chosen).toMatchObject({ target: { destination: "plain.local" } });
    const known = [{ name: "mine", target: { kind: "ssh", destination: "me@home.local" }, lastUsedAt: 1 }] as const;
    const list = connectChoices({ saved: known, sshHosts: [], nearby: [beacon], view: linkView(initialState) }, t);
    expect(list.flatMap((item) => ("label" in item ? item.label : item.separator))).not.toContain("Found nearby");
  });

  it("waits for no tailnet, and ends looking for it once there is an answer", async () => {
    let signal: AbortSignal | undefined;
    const silent = (given: AbortSignal) => new Promise<never>(() => (signal = given));
    expect(await choose(["build-01"], saved(), silent).chosen).toMatchObject({ name: "build-01" });
    expect(signal?.aborted).toBe(true);
  });

  it("is whole without a tailnet that cannot be asked", async () => {
    const broken = async () => Promise.reject(new Error("broken"));
    expect(await choose(["build-01"], saved(), broken).chosen).toMatchObject({ name: "build-01" });
  });

  it("takes an address in its shortest form", async () => {
    expect(await choose(["SSH host", " ssh://bob@h.example:2222/ "]).chosen).toEqual({
      name: "h.example",
      target: { kind: "ssh", destination: "bob@h.example:2222" },
    });
  });

  it.each([
    ["SSH host", "user:secret@host"],
    ["SSH host", "-oProxyCommand=x"],
    ["WebSocket URL", "https://a.example"],
    ["WebSocket URL", "ws://public.example.com"],
    ["WebSocket URL", "wss://a.example?token=secret"],
  ])("refuses in %s: %s, in one sentence without the secret", async (kind, text) => {
    const fault = await choose([kind, text]).chosen.then(String, (error: Error) => error.message);
    expect(fault.replace(`${text}: `, "")).toMatch(/^.{10,}$/);
    expect(fault.replace(text, "")).not.toContain("secret");
  });

  it("takes leaving for an answer", async () => {
    expect(await choose([undefined]).chosen).toBeUndefined();
    expect(await choose(["SSH host", undefined]).chosen).toBeUndefined();
  });
});

describe("connecting", () => {
  const ports = (outcome: ConnectOutcome, others: readonly LinkView[] = []) => {
    const windowMemory = memory();
    const known = saved(HOME, CLOUD);
    const remember = vi.fn(async () => undefined);
    const keep = vi.fn();
    let view = linkView(initialState);
    const connect = vi.fn(async (profile: GatewayProfile) => {
      if (outcome.type === "connected") view = linkView(connectedState, { profile });
      return outcome;
    });
    const value: ConnectPorts = {
      link: {
        connect,
        keep,
        retry: async () => outcome,
        disconnect: () => void (view = linkView(initialState)),
        get view() {
          return view;
        },
        others,
      },
      profiles: { remember, find: (key) => known.find(({ target }) => targetKey(target) === key) },
      windowMemory,
      openChat: async () => undefined,
      progress: (work) => work,
      now: () => 7,
    };
    return { value, windowMemory, remember, connect, keep };
  };

  it("saves the Gateway and remembers it for a reload once it was reached", async () => {
    const { value, windowMemory, remember } = ports({ type: "connected" });
    expect(await connectTo(HOME, value)).toBe(true);
    expect(remember).toHaveBeenCalledWith(HOME, 7);
    expect(windowMemory.get(RESUME_KEY)).toEqual(["ssh:alice@home"]);
    await disconnect(value);
    expect(windowMemory.get(RESUME_KEY)).toBeUndefined();
  });

  it("saves nothing that was not reached", async () => {
    for (const type of ["cancelled", "failed"] as const) {
      const { value, windowMemory, remember } = ports({ type } as ConnectOutcome);
      expect(await connectTo(HOME, value)).toBe(false);
      expect(await retryConnection(value)).toBe(false);
      expect(remember).not.toHaveBeenCalled();
      expect(windowMemory.get(RESUME_KEY)).toBeUndefined();
    }
  });

  it("keeps the other ways of a Gateway whose address was typed again, unless they were taken out", async () => {
    const { value, connect } = ports({ type: "connected" }, []);
    const find = () => ({ ...HOME, roads: [CLOUD.target], lastUsedAt: 1 });
    await connectTo(HOME, { ...value, profiles: { ...value.profiles, find } });
    expect(connect).toHaveBeenLastCalledWith({ ...HOME, roads: [CLOUD.target] }, { interactive: true });
    await connectTo({ ...HOME, roads: [] }, { ...value, profiles: { ...value.profiles, find } });
    expect(connect).toHaveBeenLastCalledWith({ ...HOME, roads: [] }, { interactive: true });
  });

  it("keeps the name that a person gave a Gateway whose address was typed again, or chosen on its host", async () => {
    const { value, connect, remember } = ports({ type: "connected" });
    const find = () => ({ ...HOME, name: "attic", lastUsedAt: 1 });
    await connectTo(HOME, { ...value, profiles: { ...value.profiles, find } });
    expect(connect).toHaveBeenLastCalledWith({ ...HOME, name: "attic" }, { interactive: true });
    expect(remember).toHaveBeenLastCalledWith({ ...HOME, name: "attic" }, 7);
  });

  it("brings back the Gateway in front and those behind it", async () => {
    const behind = linkView(connectedState, { profile: CLOUD });
    const { value, windowMemory, connect, keep } = ports({ type: "connected" }, [behind]);
    await connectTo(HOME, value);
    expect(windowMemory.get(RESUME_KEY)).toEqual(["ssh:alice@home", targetKey(CLOUD.target)]);
    await resumeConnection(value);
    expect(connect).toHaveBeenLastCalledWith(expect.objectContaining({ name: "home-server" }), { interactive: false });
    expect(keep).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: "cloud" }));
  });

  it("comes back after a reload without asking, and forgets what is saved no more", async () => {
    const { value, windowMemory, connect } = ports({ type: "connected" });
    await windowMemory.update(RESUME_KEY, ["ssh:alice@home"]);
    await resumeConnection(value);
    expect(connect).toHaveBeenCalledWith(expect.objectContaining({ name: "home-server" }), { interactive: false });
    await windowMemory.update(RESUME_KEY, ["ssh:gone"]);
    await resumeConnection(value);
    expect(connect).toHaveBeenCalledTimes(1);
    expect(windowMemory.get(RESUME_KEY)).toBeUndefined();
  });
});

describe("Gateway Call", () => {
  const call = async (...answers: readonly Answer[]) => {
    const request = vi.fn(async () => ({ ok: true }));
    const showUntitled = vi.fn(async () => undefined);
    const prompts = scriptedPrompts(...answers);
    const result = await gatewayCall({
      link: { request: request as never, view: linkView(connectedState) },
      prompts,
      documents: { showUntitled },
      progress: (_title, work) => work(new AbortController().signal),
      t,
    });
    return { result, request, showUntitled };
  };

  it("calls a method that this Gateway offers and opens the answer", async () => {
    const { result, request, showUntitled } = await call("health", '{"deep": true}');
    expect(request).toHaveBeenCalledWith("health", { deep: true }, expect.anything());
    expect(showUntitled).toHaveBeenCalledWith({ language: "json", content: '{\n  "ok": true\n}\n' });
    expect(result).toEqual({ ok: true });
  });

  it("goes back from the parameters to the methods", async () => {
    const { request } = await call("health", BACK, "status", "{}");
    expect(request).toHaveBeenCalledWith("status", {}, expect.anything());
  });

  it("refuses parameters that are no JSON object, in one sentence", () => {
    expect(paramsFault("{}", t)).toBeUndefined();
    expect(paramsFault("[1]", t)).toMatch(/JSON object/);
    expect(paramsFault("{", t)).toMatch(/^This is not JSON: /);
  });
});

describe("Manage Gateways", () => {
  const EDGE: GatewayProfile = {
    name: "edge",
    target: { kind: "url", url: "wss://e.example/", edgeHeaders: ["X-Key"] },
  };
  const manage = async (...answers: readonly Answer[]) => {
    const prompts = scriptedPrompts(...answers);
    let left = saved({ ...HOME, roads: [CLOUD.target, { kind: "local" }] }, CLOUD, EDGE);
    const ports: ManagePorts = {
      prompts,
      profiles: {
        list: () => left,
        change: vi.fn(),
        forget: vi.fn(async (target) => void (left = left.filter((each) => each.target !== target))),
      },
      credentials: { forget: vi.fn() },
      proofs: { forget: vi.fn() },
      addWay: vi.fn(),
      onHost: vi.fn(),
      manageWays: vi.fn(),
      link: { viewOf: (key) => (key === targetKey(HOME.target) ? linkView(connectedState) : undefined) },
      connect: vi.fn(),
      disconnect: vi.fn(),
      edgeHeaders: vi.fn(async () => true),
      t,
    };
    await manageGateways(ports);
    return { ...ports, said: prompts.said };
  };

  it("has the edge headers entered, of a Gateway that names some and of no other", async () => {
    const { edgeHeaders } = await manage("edge", "Edge headers");
    expect(edgeHeaders).toHaveBeenCalledWith(EDGE.target);
    await expect(manage("home-server", "Edge headers")).rejects.toThrow("none of");
  });

  it("renames", async () => {
    const { profiles } = await manage("home-server", "Rename", " attic ");
    expect(profiles.change).toHaveBeenCalledWith(expect.objectContaining({ ...HOME, name: "attic" }));
  });

  it("forgets the place and its secrets after a modal, and leaves it when it is the present one", async () => {
    const { profiles, credentials, disconnect: left, said } = await manage("home-server", "Forget", "forget");
    expect(said.at(-1)).toContain("Forget home-server?");
    expect(left).toHaveBeenCalled();
    expect(profiles.forget).toHaveBeenCalledWith(HOME.target);
    // Another saved Gateway is reached at the third of its places.
    expect(vi.mocked(credentials.forget).mock.calls).toEqual([[HOME.target], [{ kind: "local" }]]);
  });

  it("forgets nothing when the modal is cancelled", async () => {
    const { profiles, credentials } = await manage("cloud", "Forget", undefined);
    expect(profiles.forget).not.toHaveBeenCalled();
    expect(credentials.forget).not.toHaveBeenCalled();
  });

  it("disconnects one, or each that is connected", async () => {
    for (const choice of ["Disconnect", "Disconnect all"]) {
      const { disconnect: left } = await manage("home-server", choice);
      expect(left).toHaveBeenCalledExactlyOnceWith("ssh:alice@home");
    }
    await expect(manage("cloud", "Disconnect")).rejects.toThrow("is none of");
  });

  it("goes back to the list", async () => {
    const { connect } = await manage("cloud", BACK, "home-server", "Connect");
    expect(connect).toHaveBeenCalledWith(expect.objectContaining({ name: "home-server" }), expect.anything());
  });
});

describe("the menu of the status bar", () => {
  const ids = (...args: Parameters<typeof linkView>) => menuEntries(linkView(...args)).map(({ id }) => id);

  it("offers what makes sense now", () => {
    expect(ids(initialState)[0]).toBe("connectRemote");
    expect(ids({ phase: "connecting", generation: 1, ladder: emptyLadder, attempt: 0 })).toContain("cancelConnect");
    expect(ids(connectedState)).not.toContain("retry");
    expect(ids(failedWith(new ConnectError("CREDENTIAL_WRONG", "no")))[0]).toBe("enterCredential");
    expect(ids(failedWith(new ConnectError("TCP_REFUSED", "no")))[0]).toBe("retry");
  });

  it("runs what was chosen", async () => {
    const run = vi.fn();
    await showMenu({ prompts: scriptedPrompts("Health"), view: () => linkView(connectedState), run, t });
    expect(run).toHaveBeenCalledWith("health");
  });
});

describe("an error", () => {
  it("is one sentence of the catalogue, of the Gateway, or of its own", () => {
    const facts = [
      { label: "host", value: "home" },
      { label: "port", value: "22" },
    ] as const;
    expect(errorSentence(new ConnectError("TCP_REFUSED", "raw", { facts }), t)).toBe(
      "home refused the connection. The host answers, but nothing listens on port 22.",
    );
    const refusal = { code: "UNAVAILABLE", message: "busy", details: undefined, retryAfterMs: undefined };
    expect(errorSentence(new GatewayRequestError("health", refusal), t)).toBe("The Gateway refused health: busy");
    expect(errorSentence(new Error("plain"), t)).toBe("plain");
  });
});
