import { type Bind, type BindSurroundings, bindSurroundings, resolveBind } from "./bind.ts";
import type { SidecarConfig } from "./config.ts";
import type { ChosenAuth } from "./credentials.ts";
import type { RunFlags } from "./flags.ts";
import type { TailscaleMode } from "./gateway-config.ts";
import { StartupError } from "./startup-error.ts";

/** What a Gateway is about to open, and how it is protected. */
export interface Exposure {
  readonly bind: Bind;
  readonly auth: ChosenAuth;
  readonly tailscale: TailscaleMode;
}

/** Where to listen: the flag, else the config, else the loopback. @throws StartupError */
export function chooseBind(
  flags: Pick<RunFlags, "bind">,
  config: Pick<SidecarConfig, "path" | "bind" | "customBindHost">,
  around: BindSurroundings = bindSurroundings(),
): Bind {
  const mode = flags.bind ?? config.bind ?? "loopback";
  if (mode === "custom" && config.customBindHost === undefined) {
    throw new StartupError(
      `--bind custom needs gateway.customBindHost in ${config.path}: the IPv4 address to listen on.`,
    );
  }
  return resolveBind(mode, config.customBindHost, around);
}

/**
 * Refuses what would let strangers in, before anything listens. Pure.
 * @throws StartupError with the way out
 */
export function checkExposure(
  { bind, auth, tailscale }: Exposure,
  config: Pick<SidecarConfig, "path" | "trustedProxy" | "trustedProxies">,
): void {
  const where = `gateway.bind "${bind.mode}" (${bind.hosts.join(", ")})`;
  if (auth.mode === "trusted-proxy") checkProxyAuth(config);
  if (bind.isOpen && auth.mode === "none") {
    throw new StartupError(
      `${where} lets other computers in, and gateway.auth.mode "none" asks nobody who they are; use --auth token, or --bind loopback.`,
    );
  }
  if (bind.isOpen && auth.mode === "token" && auth.secret === undefined) {
    throw new StartupError(
      `${where} lets other computers in, and no token or password was chosen for it; set OPENCLAW_GATEWAY_TOKEN, --token-file or gateway.auth.token (gateway.remote.token is for clients), or use --bind loopback.`,
    );
  }
  if (tailscale === "off") return;
  const way = `--tailscale ${tailscale}`;
  if (bind.isOpen || bind.mode === "tailnet") {
    throw new StartupError(
      `${way} needs the Gateway on loopback, not ${where}: Tailscale brings in who may come in; use --bind loopback.`,
    );
  }
  if (tailscale === "funnel" && auth.mode !== "password") {
    throw new StartupError(
      `${way} opens the Gateway to the whole internet and needs a password, not "${auth.mode}"; set OPENCLAW_GATEWAY_PASSWORD and --auth password, or use --tailscale serve.`,
    );
  }
  if (auth.mode === "none") {
    throw new StartupError(
      `${way} with gateway.auth.mode "none" asks nobody who they are; use --auth token or password.`,
    );
  }
  if (auth.mode === "trusted-proxy") {
    throw new StartupError(
      `${way} is itself the proxy, so gateway.auth.mode cannot be "trusted-proxy"; use token or password.`,
    );
  }
}

function checkProxyAuth({ path, trustedProxy, trustedProxies }: Parameters<typeof checkExposure>[1]): void {
  const missing =
    trustedProxy === undefined
      ? "gateway.auth.trustedProxy.userHeader, the header with the user,"
      : trustedProxies.length === 0
        ? "gateway.trustedProxies, the addresses of the proxy,"
        : undefined;
  if (missing === undefined) return;
  throw new StartupError(`gateway.auth.mode "trusted-proxy" of ${path} needs ${missing} to believe anybody; set it.`);
}
