import type { SidecarConfig } from "../../config/config.ts";
import type { Connection } from "../connection.ts";
import type { AuthPolicy } from "./gateway-auth.ts";
import { refuseOrigin } from "./origin.ts";
import { isPage } from "./rotation.ts";

/** What lets clients in, as a whole: changes when the config does. */
export interface Rules {
  readonly config: SidecarConfig;
  readonly policy: AuthPolicy;
}

/** The close code by which the real Gateway ends what a changed rule no longer allows. */
export const EVICTED = 4001;

/**
 * Who must go when the rules change, and why: whoever came in by a secret that is no longer one, or under a rule that is
 * another now. They may come back as the new rules say. Pure.
 */
export function evictionFor(before: Rules, after: Rules): (connection: Connection) => string | undefined {
  const isSecretNew = !isSameAuth(before, after);
  const isPolicyNew = policyText(before) !== policyText(after);
  return (connection) => {
    if (isPolicyNew) return "gateway policy changed";
    const { method, client } = connection.grant ?? {};
    const livesOnDevice = method === "device-token" && !isPage(client?.id ?? "");
    if (isSecretNew && !livesOnDevice) return "gateway auth changed";
    const { peer } = connection;
    const problem = refuseOrigin(peer.origin, { ...peer, allowed: after.config.allowedOrigins });
    return problem === undefined ? undefined : "gateway policy changed";
  };
}

/** Whether the same secret still opens the door. */
export const isSameAuth = (before: Rules, after: Rules): boolean =>
  JSON.stringify(before.policy.auth) === JSON.stringify(after.policy.auth);

const policyText = ({ config, policy }: Rules): string =>
  JSON.stringify([
    config.trustedProxies,
    config.allowRealIpFallback,
    config.trustedProxy,
    policy.allowTailscale,
    [...policy.identityScopes],
  ]);
