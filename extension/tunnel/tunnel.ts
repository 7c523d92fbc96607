import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import type { LocalPort } from "./local-port.ts";

type TunnelLink = Pick<GatewayLink, "host" | "onChange">;

/** The window's one local port. It belongs to one road and closes with it, never later. */
export class Tunnel implements Disposable {
  readonly #link: TunnelLink;
  readonly #open: (road: HostRoad) => Promise<LocalPort>;
  readonly #scope = new DisposableStore();
  readonly #changed = new Emitter<void>();
  #port: { readonly local: LocalPort; readonly road: HostRoad } | undefined;
  #opening: Promise<number | undefined> | undefined;

  constructor(link: TunnelLink, open: (road: HostRoad) => Promise<LocalPort>) {
    this.#link = link;
    this.#open = open;
    this.#scope.add(link.onChange(() => this.#onLinkChange()));
  }

  readonly onChange = (listener: () => void): Disposable => this.#changed.event(listener);

  /** The open port, if there is one. */
  get port(): number | undefined {
    return this.#port?.local.port;
  }

  /** Opens the port unless it is open. @returns `undefined` when the Gateway is not reached over SSH */
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
    if (this.#port !== undefined) return this.#port.local.port;
    const road = this.#link.host;
    if (road === undefined) return undefined;
    const local = await this.#open(road);
    // Somebody may have gone to another Gateway meanwhile.
    if (road !== this.#link.host || this.#scope.isDisposed) {
      local.dispose();
      return undefined;
    }
    this.#port = { local, road };
    this.#changed.fire();
    return local.port;
  }

  #onLinkChange(): void {
    if (this.#port !== undefined && this.#port.road !== this.#link.host) this.close();
  }
}
