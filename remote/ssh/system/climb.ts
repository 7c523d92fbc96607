import type { LadderReporter } from "../../../protocol/ladder/steps.ts";
import type { Place } from "../../net/dial.ts";
import { hostPort } from "../../target/host.ts";
import type { ResolvedHost } from "./resolve-host.ts";
import type { SshProgress } from "./ssh-log.ts";

interface ClimbParts {
  readonly host: ResolvedHost;
  readonly ladder: LadderReporter;
  /** Why the system's ssh is used. */
  readonly why: string;
  readonly onReached: ((place: Place) => void) | undefined;
}

/** Shows on the ladder what ssh has told, each rung once and nothing that it has not told. */
export class SystemClimb {
  readonly #parts: ClimbParts;
  #shown: "nothing" | "resolved" | "reached" | "proven" = "nothing";

  constructor(parts: ClimbParts) {
    this.#parts = parts;
  }

  /** @param trust what the host key is to us: `known` */
  show({ address, isProxied, isReached, isProven, hostKey }: SshProgress, trust: string): void {
    const { ladder, why, host, onReached } = this.#parts;
    if (this.#shown === "nothing" && (address !== undefined || isProxied)) {
      this.#shown = "resolved";
      ladder.pass("resolve", `${address?.host ?? "by a proxy"} (the system's ssh: ${why})`);
      ladder.start("tcp");
    }
    if (this.#shown === "resolved" && isReached) {
      this.#shown = "reached";
      if (address !== undefined && !isProxied) onReached?.(address);
      const through = host.proxyJump === undefined ? "ProxyCommand" : `ProxyJump ${host.proxyJump}`;
      ladder.pass(
        "tcp",
        address === undefined || isProxied ? `through ${through}` : hostPort(address.host, address.port),
      );
      ladder.start("host-key");
    }
    if (this.#shown === "reached" && isProven && hostKey !== undefined) {
      this.#shown = "proven";
      ladder.pass("host-key", `${hostKey.type}, ${trust}`);
      ladder.start("ssh-auth");
    }
  }

  done({ method, acceptedKey }: SshProgress, label: string): void {
    this.#parts.ladder.pass(
      "ssh-auth",
      `${label}, ${(method === "publickey" ? acceptedKey : undefined) ?? method ?? "none"}`,
    );
  }
}
