import { existsSync } from "node:fs";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { BlockList, isIPv4 } from "node:net";

/** Where a Gateway listens, in OpenClaw's words (`gateway.bind`, `docs/gateway/config-gateway.md`). */
export const BIND_MODES = ["loopback", "lan", "tailnet", "custom", "auto"] as const;
export type BindMode = (typeof BIND_MODES)[number];

export const LOOPBACK = "127.0.0.1";
const LOOPBACK_6 = "::1";
const EVERYWHERE = "0.0.0.0";

/** The addresses that a bind mode comes to on this computer. */
export interface Bind {
  readonly mode: BindMode;
  /** The Gateway does not start without every one of them. The first one picks the port when any free one will do. */
  readonly hosts: readonly string[];
  /** Taken when they are there. */
  readonly optional: readonly string[];
  /** Somebody who is not on this computer can reach it. */
  readonly isOpen: boolean;
  /** What a person might not expect. */
  readonly note?: string;
}

/** What a bind mode depends on besides the config. */
export interface BindSurroundings {
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
  readonly isContainer: boolean;
}

/** RFC 6598: the addresses that Tailscale gives out. */
const TAILNET = new BlockList();
TAILNET.addSubnet("100.64.0.0", 10, "ipv4");

/**
 * Works out where to listen. Pure.
 * @param customHost `gateway.customBindHost`, checked to be an IPv4 address when the mode is `custom`
 */
export function resolveBind(mode: BindMode, customHost: string | undefined, around: BindSurroundings): Bind {
  switch (mode) {
    case "loopback":
      return loopback(mode);
    case "lan":
      return { mode, hosts: [EVERYWHERE], optional: [], isOpen: true };
    case "tailnet": {
      const address = tailnetAddress(around.interfaces);
      if (address !== undefined) return { mode, hosts: [LOOPBACK, address], optional: [], isOpen: true };
      return { ...loopback(mode), note: "there is no tailnet address here, so it listens on loopback only" };
    }
    case "custom": {
      const host = customHost ?? LOOPBACK;
      if (host === LOOPBACK) return loopback(mode);
      return { mode, hosts: host === EVERYWHERE ? [host] : [LOOPBACK, host], optional: [], isOpen: true };
    }
    case "auto":
      return around.isContainer ? { mode, hosts: [EVERYWHERE], optional: [], isOpen: true } : loopback(mode);
  }
}

/** `localhost` is ::1 for some programs: whoever else took it there would be told the token. */
const loopback = (mode: BindMode): Bind => ({ mode, hosts: [LOOPBACK], optional: [LOOPBACK_6], isOpen: false });

function tailnetAddress(interfaces: BindSurroundings["interfaces"]): string | undefined {
  return Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .find(({ address }) => isIPv4(address) && TAILNET.check(address))?.address;
}

/** What `resolveBind` needs to know of this computer. */
export function bindSurroundings(): BindSurroundings {
  return {
    interfaces: networkInterfaces(),
    isContainer: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
  };
}
