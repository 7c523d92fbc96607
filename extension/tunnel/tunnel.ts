import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import type { LocalPort } from "./local-port.ts";

type TunnelLink = Pick<GatewayLink, "host" | "view" | "viewOf" | "onLineChange">;

/**
 * The window's one local port. It belongs to one Gateway and stays while that one is connected or coming back, in front or
 * behind; it closes with it, never later.
 */
export class Tunnel implements Disposable {
  readonly #link: TunnelLink;
  readonly #open: (road: HostRoad) => Promise<LocalPort>;
  readonly #scope = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #port: { readonly local: LocalPort; readonly gateway: string } | undefined;
  #opening: Promise<number | undefined> | undefined;

  constructor(link: TunnelLink, open: (road: HostRoad) => Promise<LocalPort>) {
    this.#link = link;
    this.#open = open;
    this.#scope.add(
      link.onLineChange((gateway) => {
        if (gateway === this.#port?.gateway && link.viewOf(gateway) === undefined) this.close();
      }),
    );
  }

  readonly onChange = (listener: () => void): Disposable => this.#changed.event(listener);

  /** The open port, if there is one. */
  get port(): number | undefined {
    return this.#port?.local.port;
  }

  /** The open port when it is that of the Gateway in front. */
  get portInFront(): number | undefined {
    return this.#port?.gateway === this.#front ? this.port : undefined;
  }

  /**
   * Opens the port of the Gateway in front unless it is open; that of another one is closed then.
   * @returns `undefined` when the Gateway is not reached over SSH
   */
  open(): Promise<number | undefined> {
    this.#opening ??= this.#openNow().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  close(): void {
    if (this.#port === undefined) return;
    this.#port.local.dispose();
    this.#port = undefined;
    this.#changed.fire();
  }

  dispose(): void {
    this.#scope.dispose();
    this.close();
    this.#changed.dispose();
  }

  async #openNow(): Promise<number | undefined> {
    const open = this.portInFront;
    if (open !== undefined) return open;
    const gateway = this.#front;
    const road = this.#link.host;
    if (road === undefined || gateway === undefined) return undefined;
    this.close();
    const local = await this.#open(road);
    // Somebody may have gone to another Gateway meanwhile.
    if (road !== this.#link.host || this.#scope.isDisposed) {
      local.dispose();
      return undefined;
    }
    this.#port = { local, gateway };
    this.#changed.fire();
    return local.port;
  }

  get #front(): string | undefined {
    const { profile } = this.#link.view;
    return profile && targetKey(profile.target);
  }
}
