import { type JsonObject, asArray, asNumber, asObject, asString, asStrings } from "../../protocol/gateway/json.ts";
import { isWindowId } from "./window-host.ts";

/** Where a Gateway is, as a person wrote it. It never holds a secret. */
export type GatewayTarget =
  | { readonly kind: "ssh"; readonly destination: string; readonly gatewayPort?: number }
  | {
      readonly kind: "url";
      readonly url: string;
      readonly tlsFingerprint?: string;
      /** Names alone; their values are secrets. */
      readonly edgeHeaders?: readonly string[];
    }
  /** The host of a window of VS Code that is on it; `window` says which host. */
  | { readonly kind: "window"; readonly window: string; readonly gatewayPort?: number }
  | { readonly kind: "local" };

/** A saved Gateway: one entry of the setting `openclaw.gateways`. */
export interface GatewayProfile {
  readonly name: string;
  /** Names the Gateway: chats, secrets and what was remembered hang on it. */
  readonly target: GatewayTarget;
  /** Other ways to the same Gateway, none of them the target itself. */
  readonly roads?: readonly GatewayTarget[];
}

/** Ways of one Gateway beside its target. */
const MOST_ROADS = 8;

/**
 * Names one place. Secrets are kept under this key and not under the name, so that an edited address can never get the
 * credential of the old one.
 */
export function targetKey(target: GatewayTarget): string {
  switch (target.kind) {
    case "ssh":
      return `ssh:${target.destination}${target.gatewayPort === undefined ? "" : `#${target.gatewayPort}`}`;
    case "url":
      return `url:${target.url}`;
    case "window":
      return `window:${target.window}${target.gatewayPort === undefined ? "" : `#${target.gatewayPort}`}`;
    case "local":
      return "local";
  }
}

/** Whether two targets are on the same computer, whichever Gateway of it they mean. */
export function isSamePlace(one: GatewayTarget, other: GatewayTarget | undefined): boolean {
  if (one.kind === "ssh") return other?.kind === "ssh" && one.destination === other.destination;
  return other !== undefined && targetKey(one) === targetKey(other);
}

/** Whether one of the ways of a saved Gateway is this place. */
export const isReachedAt = (profile: GatewayProfile, target: GatewayTarget): boolean =>
  [profile.target, ...(profile.roads ?? [])].some((own) => targetKey(own) === targetKey(target));

/** What the person sees of a target: `alice@home`, `wss://home.example`, or nothing for this computer. */
export function targetLabel(target: GatewayTarget): string {
  switch (target.kind) {
    case "ssh":
      return target.destination;
    case "url":
      return target.url;
    case "window":
      // What was drawn to tell two hosts of one name apart says nothing to a person.
      return target.window.replace(/\/[0-9a-f]{16}$/, "");
    case "local":
      return "127.0.0.1";
  }
}

/** Reads the setting; what is not a profile is left out and described in `rejected`. */
export function readProfiles(setting: unknown): {
  readonly profiles: readonly GatewayProfile[];
  readonly rejected: readonly string[];
} {
  const profiles: GatewayProfile[] = [];
  const rejected: string[] = [];
  for (const [index, value] of asArray(setting).entries()) {
    const place = `openclaw.gateways[${index}]`;
    const profile = readProfile(value, (road) =>
      rejected.push(`${place}.roads[${road}] needs one of ssh, url, window or local.`),
    );
    if (profile === undefined) rejected.push(`${place} needs a name and one of ssh, url, window or local.`);
    else profiles.push(profile);
  }
  return { profiles, rejected };
}

function readProfile(value: unknown, onUnreadable: (road: number) => void): GatewayProfile | undefined {
  const entry = asObject(value);
  const name = asString(entry["name"])?.trim();
  const target = readTarget(entry);
  if (name === undefined || name === "" || target === undefined) return undefined;
  const roads = new Map<string, GatewayTarget>();
  for (const [index, road] of asArray(entry["roads"]).slice(0, MOST_ROADS).entries()) {
    const other = readTarget(asObject(road));
    if (other === undefined) onUnreadable(index);
    else if (targetKey(other) !== targetKey(target)) roads.set(targetKey(other), other);
  }
  return { name, target, ...(roads.size === 0 ? {} : { roads: [...roads.values()] }) };
}

function readTarget(entry: JsonObject): GatewayTarget | undefined {
  const destination = asString(entry["ssh"])?.trim();
  const url = asString(entry["url"])?.trim();
  const gatewayPort = asNumber(entry["gatewayPort"]);
  const tlsFingerprint = asString(entry["tlsFingerprint"]);
  const edgeHeaders = asStrings(entry["edgeHeaders"]);
  const found: GatewayTarget[] = [];
  if (destination !== undefined && destination !== "")
    found.push({ kind: "ssh", destination, ...(gatewayPort === undefined ? {} : { gatewayPort }) });
  if (url !== undefined && url !== "")
    found.push({
      kind: "url",
      url,
      ...(tlsFingerprint === undefined ? {} : { tlsFingerprint }),
      ...(edgeHeaders.length === 0 ? {} : { edgeHeaders }),
    });
  const window = asString(entry["window"])?.trim() ?? "";
  if (isWindowId(window)) found.push({ kind: "window", window, ...(gatewayPort === undefined ? {} : { gatewayPort }) });
  if (entry["local"] === true) found.push({ kind: "local" });
  return found.length === 1 ? found[0] : undefined;
}

/** The entry of the setting that `readProfiles` reads back as this profile. */
export function profileSetting({ name, target, roads = [] }: GatewayProfile): JsonObject {
  return { name, ...targetSetting(target), ...(roads.length === 0 ? {} : { roads: roads.map(targetSetting) }) };
}

/** Everything of a target as the setting has it, the pin and the names of headers too. */
export function targetSetting(target: GatewayTarget): JsonObject {
  switch (target.kind) {
    case "ssh":
      return { ssh: target.destination, ...portSetting(target) };
    case "url":
      return {
        url: target.url,
        ...(target.tlsFingerprint === undefined ? {} : { tlsFingerprint: target.tlsFingerprint }),
        ...(target.edgeHeaders === undefined ? {} : { edgeHeaders: target.edgeHeaders }),
      };
    case "window":
      return { window: target.window, ...portSetting(target) };
    case "local":
      return { local: true };
  }
}

function portSetting({ gatewayPort }: { readonly gatewayPort?: number }): JsonObject {
  return gatewayPort === undefined ? {} : { gatewayPort };
}

/** The profile with one of its targets changed, wherever it stands in it. */
export function withTarget(profile: GatewayProfile, before: GatewayTarget, after: GatewayTarget): GatewayProfile {
  const swap = (target: GatewayTarget) => (targetKey(target) === targetKey(before) ? after : target);
  const { roads } = profile;
  return { ...profile, target: swap(profile.target), ...(roads === undefined ? {} : { roads: roads.map(swap) }) };
}
