import { describe, expect, it, vi } from "vitest";
import { type GatewaysOnHostPorts, gatewaysOnHost } from "../../../extension/commands/gateways-on-host.ts";
import type { GatewayProfile } from "../../../extension/connection/profile.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import type { HostGateway, HostProbe } from "../../../remote/onboarding/probe-host.ts";
import { type Answer, CLOUD, HOME, scriptedPrompts } from "./fakes.ts";

const OWN: HostGateway = { kind: "openclaw", port: 19_000 };
const RESCUE: HostGateway = { kind: "openclaw", port: 19_789, profile: "rescue" };
const SIDECAR: HostGateway = { kind: "sidecar", port: 20_000 };
const SOMETHING: HostGateway = { kind: "unknown", port: 18_789 };
const RESCUE_PROFILE: GatewayProfile = {
  name: "home-server (rescue)",
  target: { kind: "ssh", destination: "alice@home", gatewayPort: 19_789 },
};

describe("Manage Gateways, Other Gateways on this host", () => {
  async function choose(
    answers: readonly Answer[],
    more: {
      readonly profile?: GatewayProfile;
      readonly gateways?: readonly HostGateway[];
      readonly metOn?: number;
    } = {},
  ) {
    const { profile = HOME, gateways = [SOMETHING, OWN, RESCUE, SIDECAR], metOn } = more;
    const prompts = scriptedPrompts(...answers);
    const connect = vi.fn<GatewaysOnHostPorts["connect"]>();
    const look = vi.fn(async () => ({ gateways }) as unknown as HostProbe);
    await gatewaysOnHost(profile, {
      prompts,
      host: { look, metOn: () => metOn },
      progress: (_title, work) => work(new AbortController().signal),
      connect,
      t: translator("en"),
    });
    return { connect, prompts, look };
  }

  it("connects to the one that is chosen, as a Gateway of its own", async () => {
    const { connect } = await choose(["OpenClaw (rescue)"]);
    expect(connect.mock.calls).toEqual([[RESCUE_PROFILE]]);
  });

  it("offers neither the one that it was asked from, nor what is no Gateway", async () => {
    await expect(choose(["OpenClaw"], { gateways: [SOMETHING, OWN, SIDECAR] })).rejects.toThrow("none of");
    const rescue = { profile: RESCUE_PROFILE, gateways: [RESCUE, OWN] };
    await expect(choose(["OpenClaw (rescue)"], rescue)).rejects.toThrow("none of");
    const fromSidecar = await choose(["OpenClaw"], { metOn: SIDECAR.port, gateways: [OWN, SIDECAR] });
    expect(fromSidecar.connect.mock.calls).toMatchObject([[{ name: "home-server (OpenClaw)" }]]);
  });

  it("names one that was found from another by the host and its own name", async () => {
    const { connect } = await choose(["sidecar"], { profile: RESCUE_PROFILE });
    expect(connect.mock.calls).toMatchObject([[{ name: "home-server (sidecar)", target: { gatewayPort: 20_000 } }]]);
  });

  it("says when there is no other one, and is left without an answer", async () => {
    const none = await choose([], { gateways: [SOMETHING, OWN] });
    expect(none.prompts.said).toEqual(["inform: No other Gateway runs on alice@home."]);
    expect((await choose([undefined])).connect).not.toHaveBeenCalled();
  });

  it("has no host to look at where SSH is not the way, and passes on a cancel", async () => {
    expect((await choose([], { profile: CLOUD })).look).not.toHaveBeenCalled();
    const ports = {
      prompts: scriptedPrompts(),
      host: { look: () => Promise.reject(new CancelledError()), metOn: () => undefined },
      progress: <T>(_title: string, work: (signal: AbortSignal) => Promise<T>) => work(new AbortController().signal),
      connect: vi.fn(),
      t: translator("en"),
    };
    await expect(gatewaysOnHost(HOME, ports)).rejects.toBeInstanceOf(CancelledError);
  });
});
