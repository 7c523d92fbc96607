/** How the Gateway stands towards the world; `gateway` of `status`. Nothing in it is a secret. */
export interface Posture {
  /** `gateway.bind` as it is in force, and the addresses that it comes to. */
  readonly bind: { readonly mode: string; readonly hosts: readonly string[]; readonly port: number };
  readonly authMode: string;
  readonly tls: { readonly enabled: boolean; /** SHA-256 of the certificate. */ readonly fingerprint?: string };
  readonly tailscale: {
    readonly mode: string;
    /** `https://name.tailnet.ts.net` */
    readonly url?: string;
    /** Why it is not reachable that way now. */
    readonly problem?: string;
  };
  /** Paths of the config whose new values wait for a restart. */
  readonly pendingRestart: readonly string[];
  /** Why the config file as it is now is not used. */
  readonly configProblem?: string;
}
