import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { type BindSurroundings, resolveBind } from "../../../sidecar/config/bind.ts";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { chooseBind } from "../../../sidecar/config/exposure.ts";
import { parseRunFlags } from "../../../sidecar/config/flags.ts";
import { runArguments } from "../../../sidecar/service/run-arguments.ts";
import { choosePort } from "../../../sidecar/run-plan.ts";

const card = (address: string): NetworkInterfaceInfo => ({
  address,
  family: "IPv4",
  netmask: "",
  mac: "",
  internal: false,
  cidr: null,
});
const home: BindSurroundings = { interfaces: { eth0: [card("192.168.1.5")] }, isContainer: false };
const tailnet: BindSurroundings = {
  ...home,
  interfaces: { ...home.interfaces, tailscale0: [card("100.101.102.103")] },
};

describe("a bind mode", () => {
  it.each([
    ["loopback", undefined, home, ["127.0.0.1"], false],
    ["lan", undefined, home, ["0.0.0.0"], true],
    ["tailnet", undefined, tailnet, ["127.0.0.1", "100.101.102.103"], true],
    ["tailnet", undefined, home, ["127.0.0.1"], false],
    ["custom", "192.168.1.5", home, ["127.0.0.1", "192.168.1.5"], true],
    ["custom", "0.0.0.0", home, ["0.0.0.0"], true],
    ["custom", "127.0.0.1", home, ["127.0.0.1"], false],
    ["auto", undefined, home, ["127.0.0.1"], false],
    ["auto", undefined, { ...home, isContainer: true }, ["0.0.0.0"], true],
  ] as const)("%s (%s) is the addresses that OpenClaw documents", (...[mode, host, around, hosts, isOpen]) => {
    expect(resolveBind(mode, host, around)).toMatchObject({ mode, hosts, isOpen });
  });

  it("says so when there is no tailnet to listen on", () => {
    expect(resolveBind("tailnet", undefined, home).note).toMatch(/no tailnet address/);
  });

  it("takes no address for a tailnet's that only begins like one", () => {
    const almost = { ...home, interfaces: { eth0: [card("100.128.0.1"), card("100.63.255.255")] } };
    expect(resolveBind("tailnet", undefined, almost).isOpen).toBe(false);
  });

  it("comes from the flag, else from the config, else it is the loopback", () => {
    const config = parseConfig({ gateway: { bind: "lan" } }, "/c");
    expect(chooseBind(parseRunFlags([]), config, home).mode).toBe("lan");
    expect(chooseBind(parseRunFlags(["--bind", "loopback"]), config, home).mode).toBe("loopback");
    expect(chooseBind(parseRunFlags([]), parseConfig({}, "/c"), home).mode).toBe("loopback");
  });

  it("custom without its address is refused, whoever asks for it", () => {
    expect(() => parseConfig({ gateway: { bind: "custom" } }, "/c")).toThrow(/gateway\.customBindHost is missing/);
    expect(() => chooseBind(parseRunFlags(["--bind", "custom"]), parseConfig({}, "/c"), home)).toThrow(
      /--bind custom needs gateway\.customBindHost in \/c/,
    );
    expect(() => parseConfig({ gateway: { customBindHost: "::1" } }, "/c")).toThrow(/must be an IPv4 address/);
  });
});

describe("the port", () => {
  const config = { port: 19_001 };
  it("is that of the flag, the environment, the config, the default: in this order", () => {
    const env = { OPENCLAW_GATEWAY_PORT: "19002" };
    expect(choosePort({ port: 19_003 }, config, env)).toBe(19_003);
    expect(choosePort({}, config, env)).toBe(19_002);
    expect(choosePort({}, config, { OPENCLAW_GATEWAY_PORT: "" })).toBe(19_001);
    expect(choosePort({}, { port: undefined }, {})).toBe(18_789);
    expect(() => choosePort({}, config, { OPENCLAW_GATEWAY_PORT: "many" })).toThrow(/OPENCLAW_GATEWAY_PORT "many"/);
  });
});

describe("a restart", () => {
  it("binds, authenticates and uses Tailscale as the start did, and repeats no secret", () => {
    const said = ["--password-file", "/p", "--bind", "lan", "--auth", "password", "--tailscale", "off"];
    const flags = parseRunFlags([...said, "--token=not-this"]);
    expect(runArguments(flags, "/s")).toEqual(["--state-dir", "/s", ...said]);
  });
});
