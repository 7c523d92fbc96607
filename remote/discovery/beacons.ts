import { type Answer, type Packet, decode } from "dns-packet";
import { printable } from "../target/printable.ts";
import { zoneOf } from "../target/network-zone.ts";
import { isPlainHost } from "./plain-host.ts";

/** The service that a Gateway announces in its own network (the Bonjour page of OpenClaw's documentation). */
export const GATEWAY_SERVICE = "_openclaw-gw._tcp.local";
const MAX_BEACONS = 50;

/** What one Gateway of the network has said about itself. Nobody vouches for it: it only suggests where to look. */
export interface Beacon {
  /** Printable. */
  readonly name: string;
  /** A name of `.local`, that both parsers read as one plain host; or the address that told it, where no such name is known. */
  readonly host: string;
  /** Whose datagram said where it is; only one of the local network. */
  readonly address?: string;
  readonly port: number;
  /** Whether it says that it speaks TLS. A fingerprint that it tells is not read: a person compares it on the host. */
  readonly isTls: boolean;
}

interface Service {
  host?: string;
  address?: string | undefined;
  port?: number;
  texts: ReadonlyMap<string, string>;
}

/** Puts together what several answers say; every byte of them is untrusted. */
export class BeaconBook {
  readonly #services = new Map<string, Service>();

  /** Takes one datagram. What is no answer changes nothing. */
  read(datagram: Buffer, sender?: string): void {
    let packet: Packet;
    try {
      packet = decode(datagram);
    } catch {
      return;
    }
    if (packet.type !== "response") return;
    for (const answer of [...(packet.answers ?? []), ...(packet.additionals ?? [])]) this.#take(answer, sender);
  }

  /** Those of which host and port are known. */
  get beacons(): readonly Beacon[] {
    const found = new Map<string, Beacon>();
    for (const [instance, service] of this.#services) {
      const beacon = beaconOf(instance, service);
      if (beacon !== undefined) found.set(`${beacon.host}:${beacon.port}`, beacon);
    }
    return [...found.values()].toSorted((one, other) => one.name.localeCompare(other.name));
  }

  /** Named, but not yet described. */
  get incomplete(): readonly string[] {
    return [...this.#services].flatMap(([instance, { host }]) => (host === undefined ? [instance] : []));
  }

  #take(answer: Answer, sender: string | undefined): void {
    if (answer.type === "PTR" && same(answer.name, GATEWAY_SERVICE)) this.#service(answer.data);
    if (answer.type === "SRV") {
      const service = this.#service(answer.name);
      if (service === undefined) return;
      service.host = answer.data.target;
      service.port = answer.data.port;
      service.address = sender;
    }
    if (answer.type === "TXT") {
      const service = this.#service(answer.name);
      if (service !== undefined) service.texts = textsOf(answer.data);
    }
  }

  #service(instance: string): Service | undefined {
    const key = instance.replace(/\.$/, "");
    if (!key.toLowerCase().endsWith(`.${GATEWAY_SERVICE}`)) return undefined;
    const known = this.#services.get(key);
    if (known !== undefined || this.#services.size >= MAX_BEACONS) return known;
    const service = { texts: new Map<string, string>() };
    this.#services.set(key, service);
    return service;
  }
}

const same = (one: string, other: string): boolean => one.replace(/\.$/, "").toLowerCase() === other;

function textsOf(data: unknown): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const part of Array.isArray(data) ? data : [data]) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(String(part)) ?? [];
    // RFC 6763, 6.4: keys have no case, and the first one counts.
    if (key !== undefined && value !== undefined && !texts.has(key.toLowerCase())) texts.set(key.toLowerCase(), value);
  }
  return texts;
}

function beaconOf(instance: string, { host: target, port, address, texts }: Service): Beacon | undefined {
  // Only the network that was asked: a beacon cannot send a person anywhere else.
  const host = target?.replace(/\.$/, "").toLowerCase();
  if (host === undefined || port === undefined || port === 0 || !host.endsWith(".local") || !isPlainHost(host))
    return undefined;
  const own = instance.slice(0, -GATEWAY_SERVICE.length - 1);
  const name = printable(texts.get("displayname") ?? own, 60).trim();
  const isTls = texts.get("gatewaytls") === "1";
  const near = address === undefined || zoneOf(address) === "public" ? {} : { address };
  return { name: name === "" ? host : name, host, port, isTls, ...near };
}
