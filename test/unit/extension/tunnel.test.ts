import { describe, expect, it, vi } from "vitest";
import {
  type TunnelPorts,
  closeLocalPortCommand,
  copyTunnelCommand,
  openLocalPortCommand,
  tunnelCommand,
} from "../../../extension/commands/tunnel.ts";
import type { LinkView } from "../../../extension/connection/gateway-link.ts";
import { type GatewayProfile, targetKey } from "../../../extension/connection/profile.ts";
import type { HostRoad } from "../../../extension/onboarding/host-onboarding.ts";
import { tooltipMarkdown } from "../../../extension/status-bar/tooltip.ts";
import { Tunnel } from "../../../extension/tunnel/tunnel.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import { type Answer, CLOUD, HOME, connectedState, linkView, scriptedPrompts } from "./fakes.ts";

const t = translator("en");
const roadOf = (): HostRoad => ({
  session: undefined,
  gatewayPort: 18_789,
  certificate: undefined,
  useGatewayPort: () => undefined,
});

function openTunnel() {
  const changes = new Emitter<string>();
  const lines = new Map<string, LinkView>();
  const link = {
    host: roadOf() as HostRoad | undefined,
    view: linkView(connectedState),
    viewOf: (gateway: string) => lines.get(gateway),
    onLineChange: changes.event,
  };
  const front = (profile: GatewayProfile) => {
    link.view = linkView(connectedState, { profile });
    link.host = roadOf();
    lines.set(targetKey(profile.target), link.view);
    changes.fire(targetKey(profile.target));
  };
  front(HOME);
  const end = ({ target }: GatewayProfile) => {
    lines.delete(targetKey(target));
    changes.fire(targetKey(target));
  };
  const dispose = vi.fn();
  const open = vi.fn(async () => ({ port: 18_789, dispose }));
  const tunnel = new Tunnel(link, open);
  return { tunnel, link, open, dispose, front, end };
}

describe("the local port", () => {
  it("is opened once, and closes when it is told to", async () => {
    const { tunnel, open, dispose } = openTunnel();
    expect(await Promise.all([tunnel.open(), tunnel.open()])).toEqual([18_789, 18_789]);
    expect(await tunnel.open()).toBe(18_789);
    expect(open).toHaveBeenCalledTimes(1);
    tunnel.close();
    expect(dispose).toHaveBeenCalledTimes(1);
    expect(tunnel.port).toBeUndefined();
  });

  it("stays over a reconnect, on another way and behind another Gateway, and never outlives its own", async () => {
    const { tunnel, dispose, front, end } = openTunnel();
    await tunnel.open();
    front(HOME);
    expect(tunnel.portInFront).toBe(18_789);
    front(CLOUD);
    expect([tunnel.port, tunnel.portInFront]).toEqual([18_789, undefined]);
    end(CLOUD);
    expect(tunnel.port).toBe(18_789);
    end(HOME);
    expect(tunnel.port).toBeUndefined();
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  it("is one in a window: that of another Gateway closes when one is opened for the one in front", async () => {
    const { tunnel, open, dispose, front } = openTunnel();
    await tunnel.open();
    front(CLOUD);
    expect(await tunnel.open()).toBe(18_789);
    expect([open.mock.calls.length, dispose.mock.calls.length]).toEqual([2, 1]);
    expect(tunnel.portInFront).toBe(18_789);
  });

  it("is not left open when the Gateway was changed while it was being opened", async () => {
    const { tunnel, link, dispose } = openTunnel();
    const opening = tunnel.open();
    link.host = undefined;
    expect(await opening).toBeUndefined();
    expect(dispose).toHaveBeenCalledTimes(1);
    expect(tunnel.port).toBeUndefined();
  });

  it("stands in the tooltip while it is open", () => {
    expect(tooltipMarkdown({ ...linkView(connectedState), localPort: 18_790 }, 0, t)).toContain("127.0.0.1:18790");
    expect(tooltipMarkdown(linkView(connectedState), 0, t)).not.toContain("Local port");
  });
});

describe("the tunnel commands", () => {
  function commands(
    answers: readonly Answer[],
    profile = HOME,
    port: number | undefined = 18_789,
    certificate?: string,
  ) {
    const prompts = scriptedPrompts(...answers);
    const ports = {
      tunnel: { open: async () => port, close: vi.fn(), port },
      view: () => linkView(connectedState, { profile }),
      host: () => ({ gatewayPort: 19_000, certificate }),
      prompts,
      copy: vi.fn(async () => undefined),
      t,
    } satisfies TunnelPorts;
    return { ports, prompts };
  }

  it("show the URL, copy it, and close", async () => {
    const copied = commands(["copy"]);
    await openLocalPortCommand(copied.ports);
    expect(copied.ports.copy).toHaveBeenCalledWith("http://127.0.0.1:18789");
    const inTls = commands(["copy"], HOME, 18_789, "ab".repeat(32));
    await openLocalPortCommand(inTls.ports);
    expect(inTls.ports.copy).toHaveBeenCalledWith("https://127.0.0.1:18789");
    const closed = commands(["close"]);
    await openLocalPortCommand(closed.ports);
    expect(closed.ports.tunnel.close).toHaveBeenCalled();
    await closeLocalPortCommand(commands([]).ports);
  });

  it("are not for a Gateway with an address of its own", async () => {
    const { ports, prompts } = commands([], CLOUD, undefined);
    ports.tunnel.open = async () => undefined as unknown as number;
    await openLocalPortCommand(ports);
    await copyTunnelCommand(ports);
    expect(prompts.said).toHaveLength(2);
    expect(ports.copy).not.toHaveBeenCalled();
  });

  it("copy a line that a shell reads as what it is", async () => {
    const { ports } = commands([]);
    await copyTunnelCommand(ports);
    expect(ports.copy).toHaveBeenCalledWith("ssh -N -L 18789:127.0.0.1:19000 -- alice@home");
    expect(tunnelCommand("alice@[fe80::1]:2222", 18_789)).toBe(
      "ssh -N -L 18789:127.0.0.1:18789 -p 2222 -- alice@fe80::1",
    );
    for (const bad of ["-oProxyCommand=x", "home;rm", "$(x)", "a b", "home`x`"])
      expect(() => tunnelCommand(bad, 1), bad).toThrow("is not an SSH target");
  });
});
