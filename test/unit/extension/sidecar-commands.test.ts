import { describe, expect, it, vi } from "vitest";
import {
  type SidecarPorts,
  type SidecarTarget,
  runSidecar,
  showSidecarLog,
  stopSidecar,
  uninstallSidecar,
} from "../../../extension/commands/sidecar.ts";
import type { LinkView } from "../../../extension/connection/gateway-link.ts";
import { hasHungUp } from "../../../extension/sidecar-life/has-hung-up.ts";
import { logText } from "../../../extension/sidecar-life/log-text.ts";
import type { SidecarPlace } from "../../../extension/sidecar-life/sidecar-place.ts";
import { initialState } from "../../../protocol/client/connection-state.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { type Answer, HOME, connectedState, linkView, scriptedPrompts } from "./fakes.ts";

const t = translator("en");
const RUN = { version: "0.1.0", port: 18_789, alreadyRunning: false };

function setUp(place: Partial<SidecarPlace>, answers: readonly Answer[], options: { connected?: boolean } = {}) {
  const prompts = scriptedPrompts(...answers);
  const reached: SidecarTarget[] = [];
  const whole: SidecarPlace = {
    name: "x",
    install: async () => RUN,
    start: async () => RUN,
    stop: async () => true,
    update: async () => RUN,
    uninstall: async () => [],
    log: async () => undefined,
    ...place,
  };
  const ports = {
    prompts,
    profiles: { list: () => [{ ...HOME, lastUsedAt: 1 }] },
    sshHosts: async () => ["nas", "alice@home"].map((alias) => ({ alias, forwards: [] })),
    view: () =>
      options.connected === true ? linkView(connectedState) : linkView(initialState, { profile: undefined }),
    at: async (target, _signal, work) => {
      reached.push(target);
      return work(whole);
    },
    progress: (_title, work) => work(new AbortController().signal),
    documents: { showUntitled: vi.fn(async () => undefined) },
    connect: vi.fn(async () => true),
    ended: vi.fn(async () => undefined),
    clean: (text) => text.replace("tok", "***"),
    t,
  } satisfies SidecarPorts;
  return { ports, prompts, reached };
}

describe("Sidecar: Start", () => {
  it("offers each computer once, and to connect to what it has started there", async () => {
    const { ports, reached, prompts } = setUp({}, ["nas", "connect"]);
    await runSidecar("start", ports);
    expect(reached).toEqual([{ kind: "ssh", destination: "nas" }]);
    expect(prompts.said.at(-1)).toContain("0.1.0 runs on nas, 127.0.0.1:18789");
    expect(ports.connect).toHaveBeenCalledWith({ name: "nas", target: { kind: "ssh", destination: "nas" } });
  });

  it("does not offer to connect to the Gateway that is connected", async () => {
    const { ports, prompts } = setUp({}, ["home-server"], { connected: true });
    await runSidecar("start", ports);
    expect(prompts.said).toHaveLength(2);
    expect(ports.connect).not.toHaveBeenCalled();
  });

  it("says nothing when the person did not want it, and does nothing when they left the list", async () => {
    const declined = setUp({ start: async () => undefined }, ["This computer"]);
    await runSidecar("start", declined.ports);
    expect(declined.reached).toEqual([{ kind: "local" }]);
    expect(declined.prompts.said).toHaveLength(1);
    const left = setUp({}, [undefined]);
    await runSidecar("start", left.ports);
    expect(left.reached).toEqual([]);
  });
});

describe("Sidecar: Stop, Uninstall and Show Log", () => {
  it("end the connection to what was stopped, and only then", async () => {
    const { ports } = setUp({}, ["home-server"]);
    await stopSidecar(ports);
    expect(ports.ended).toHaveBeenCalledWith(HOME.target, "stopped");
    const none = setUp({ stop: async () => false }, ["home-server"]);
    await stopSidecar(none.ports);
    expect(none.ports.ended).not.toHaveBeenCalled();
    expect(none.prompts.said.at(-1)).toContain("No sidecar runs");
  });

  it("tell what an uninstall has left behind; this computer has nothing to uninstall", async () => {
    const { ports, prompts } = setUp({ uninstall: async () => ["/home/a/.openclaw-sidecar/notes"] }, ["nas"]);
    await uninstallSidecar(ports);
    expect(prompts.said.at(-1)).toContain("/home/a/.openclaw-sidecar/notes");
    expect(ports.ended).toHaveBeenCalledWith({ kind: "ssh", destination: "nas" }, "uninstalled");
    const { ports: here } = setUp({}, ["This computer"]);
    await expect(uninstallSidecar(here)).rejects.toThrow(/none of/);
  });

  it("show the end of the log as a document, without secrets and control characters", async () => {
    const line = JSON.stringify({ time: "2026-11-22T10:00:00Z", level: "info", message: "tok \u001b[2Jhi\nthere" });
    const { ports } = setUp({ log: async () => `${line}\nhalf a li` }, ["nas"]);
    await showSidecarLog(ports);
    expect(ports.documents.showUntitled).toHaveBeenCalledWith({
      language: "log",
      content: "2026-11-22T10:00:00Z info  ***  [2Jhi\n    there\nhalf a li\n",
    });
    const none = setUp({}, ["nas"]);
    await showSidecarLog(none.ports);
    expect(none.prompts.said.at(-1)).toContain("No sidecar has run");
    expect(logText("")).toBe("\n");
  });
});

describe("the Gateway in front after a sidecar has ended on its host", () => {
  it("was that sidecar when it hangs up, though a moment later, and is another one when it goes on", async () => {
    let state: LinkView["state"] = connectedState;
    const view = () => linkView(state);
    expect(await hasHungUp(view)).toBe(false);
    const asked = hasHungUp(view);
    setTimeout(() => (state = initialState), 60);
    expect(await asked).toBe(true);
  });
});
