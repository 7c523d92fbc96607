import type { GatewaySession } from "../../../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../../../protocol/client/transport.ts";
import type { ErrorCode } from "../../../../protocol/errors/catalogue.ts";
import { CancelledError, ConnectError } from "../../../../protocol/errors/connect-error.ts";
import { type LadderEvent, LadderReporter } from "../../../../protocol/ladder/steps.ts";
import type { GatewayTarget } from "../../../../extension/connection/profile.ts";
import type { Road } from "../../../../extension/connection/roads/road.ts";
import { fakeSession } from "../fakes.ts";

export const SSH: GatewayTarget = { kind: "ssh", destination: "alice@home" };
export const TLS: GatewayTarget = { kind: "url", url: "wss://home.example/" };
export const PINNED: GatewayTarget = { ...TLS, url: "wss://pinned.example/", tlsFingerprint: "AB" };
export const PLAIN: GatewayTarget = { kind: "url", url: "ws://192.168.1.5:18789/" };

/** What the presence list of a Gateway knows: the instances that have connected to it, over whichever road. */
export class FakeGateway {
  readonly instances: string[] = [];

  session() {
    return fakeSession((method) =>
      method === "system-presence" ? this.instances.map((instanceId) => ({ instanceId })) : { ok: true },
    );
  }
}

/** A road that a test blocks and clears; a climb takes `ms`. */
export class FakeRoad implements Road {
  readonly target: GatewayTarget;
  readonly path: string;
  readonly climbs: OpenContext[] = [];
  readonly sessions: ReturnType<typeof fakeSession>[] = [];
  gateway: FakeGateway;
  blocked: ErrorCode | undefined;
  ms = 10;
  probes: boolean | undefined;
  isDisposed = false;

  constructor(target: GatewayTarget, gateway: FakeGateway) {
    this.target = target;
    this.path = `to ${target.kind === "url" ? target.url : "home"}`;
    this.gateway = gateway;
  }

  readonly probe = async (): Promise<boolean | undefined> => this.probes;

  async climb(context: OpenContext, instanceId?: string): Promise<GatewaySession> {
    this.climbs.push(context);
    context.ladder.start("resolve", this.path);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, this.ms);
      context.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new CancelledError());
      });
    });
    if (this.blocked !== undefined) throw new ConnectError(this.blocked, `${this.path} is blocked`);
    context.ladder.pass("resolve", this.path);
    if (instanceId !== undefined) this.gateway.instances.push(instanceId);
    const made = this.gateway.session();
    this.sessions.push(made);
    return made.session;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

/** A person's climb, or one in the background, with what the ladder showed. */
export function climbContext(options: { readonly interactive?: boolean; readonly signal?: AbortSignal } = {}) {
  const events: LadderEvent[] = [];
  const { interactive = false, signal = new AbortController().signal } = options;
  const ladder = new LadderReporter((event) => events.push(event));
  const context: OpenContext = { signal, ladder, interactive };
  return { context, shown: () => events.flatMap((event) => ("evidence" in event ? [event.evidence] : [])) };
}
