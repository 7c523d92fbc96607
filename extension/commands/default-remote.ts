import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { OpenClawConfig } from "../../remote/config/openclaw-config.ts";
import type { RemoteChange } from "../../remote/config/write-remote.ts";
import { DEFAULT_GATEWAY_PORT } from "../../remote/transport/find-gateway.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { type GatewayProfile, type GatewayTarget, isSamePlace } from "../connection/profile.ts";
import type { GatewayAtHost } from "./tunnel.ts";
import type { Prompts } from "../ui/prompts.ts";

export interface DefaultRemotePorts {
  readonly prompts: Prompts;
  readonly view: () => LinkView;
  /** Asks which Gateway, when the window has none. */
  readonly choose: () => Promise<GatewayProfile | undefined>;
  /** Where the Gateway of the present SSH road listens on its host, and whether in TLS. */
  readonly host: () => GatewayAtHost | undefined;
  readonly credential: (target: GatewayTarget) => Promise<GatewayCredential | undefined>;
  /** openclaw.json of this computer. Both throw ConnectError CONFIG_INVALID or CONFIG_NOT_WRITTEN. */
  readonly read: () => Promise<OpenClawConfig>;
  readonly write: (change: RemoteChange) => Promise<{ readonly path: string; readonly changed: boolean }>;
  readonly openFile: (path: string) => Promise<void>;
  readonly t: Translate;
}

/**
 * `OpenClaw: Save as Default Remote`: the Gateway of this window becomes the one that OpenClaw's own programs and ours use
 * on this computer. The secret goes into the file only when the person says so.
 */
export async function saveDefaultRemote(ports: DefaultRemotePorts): Promise<void> {
  const { prompts, t, view } = ports;
  const profile = view().profile ?? (await ports.choose());
  if (profile === undefined) return;
  const { name, target } = profile;
  // The way exists in a window of VS Code alone; openclaw cannot go it.
  if (target.kind === "window") return void (await prompts.inform(t("extension.default.windowOnly", { name })));
  const config = await ports.read();
  const isCurrent = isSamePlace(target, view().target);
  const place = remoteChange(target, isCurrent ? ports.host() : undefined);
  const secret = target.kind === "local" ? undefined : await ports.credential(target);
  const withSecret = { value: "secret", label: t("extension.default.withSecret") } as const;
  const answer = await prompts.confirm<"place" | "secret">({
    message: t("extension.default.message", { name }),
    detail: t("extension.default.detail", { path: config.path, lines: summary(place).join("\n") }),
    choices: [{ value: "place", label: t("extension.default.save") }, ...(secret === undefined ? [] : [withSecret])],
  });
  if (answer === undefined) return;
  const kept = pointsTo(config, place) ? {} : NO_SECRET;
  const change = answer === "secret" ? { ...place, ...NO_SECRET, ...oneSecret(secret, view()) } : { ...place, ...kept };
  const { path, changed } = await ports.write(change);
  const open = { value: "open", label: t("extension.default.open") } as const;
  const words = t(changed ? "extension.default.saved" : "extension.default.same", { name, path });
  if ((await prompts.inform(words, [open])) === "open") await ports.openFile(path);
}

/** `OpenClaw: Open openclaw.json`. */
export async function openConfig(ports: {
  readonly prompts: Prompts;
  readonly path: string;
  readonly exists: (path: string) => Promise<boolean>;
  readonly openFile: (path: string) => Promise<void>;
  readonly t: Translate;
}): Promise<void> {
  if (await ports.exists(ports.path)) await ports.openFile(ports.path);
  else await ports.prompts.inform(ports.t("extension.default.noFile", { path: ports.path }));
}

/** The secret of another Gateway must never be sent to this one. */
const NO_SECRET = { token: null, password: null } as const satisfies RemoteChange;

/** Pure: what OpenClaw calls this target (docs/gateway/remote). With SSH its `url` is the near end of a tunnel. */
function remoteChange(target: Exclude<GatewayTarget, { kind: "window" }>, found?: GatewayAtHost): RemoteChange {
  switch (target.kind) {
    case "local":
      return { mode: "local" };
    case "ssh": {
      const port = target.gatewayPort ?? found?.gatewayPort ?? DEFAULT_GATEWAY_PORT;
      return {
        mode: "remote",
        transport: "ssh",
        url: `${found?.certificate === undefined ? "ws" : "wss"}://127.0.0.1:${DEFAULT_GATEWAY_PORT}`,
        sshTarget: target.destination,
        remotePort: port === DEFAULT_GATEWAY_PORT ? null : port,
        tlsFingerprint: found?.certificate ?? null,
      };
    }
    case "url": {
      const { url, tlsFingerprint = null } = target;
      return { mode: "remote", transport: "direct", url, sshTarget: null, remotePort: null, tlsFingerprint };
    }
  }
}

function summary({ mode, ...remote }: RemoteChange): readonly string[] {
  const lines = Object.entries(remote).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [`gateway.remote.${key}: ${value}`],
  );
  return [`gateway.mode: ${mode ?? ""}`, ...lines];
}

function pointsTo({ remote }: OpenClawConfig, place: RemoteChange): boolean {
  if (place.mode === "local") return true;
  const isSsh = place.transport === "ssh";
  return isSsh ? remote.sshTarget === place.sshTarget : remote.url === place.url && remote.sshTarget === undefined;
}

/** A Gateway takes either a token or a password; the one that let this window in says which. */
function oneSecret(secret: GatewayCredential | undefined, { state }: LinkView): RemoteChange {
  const isPassword = state.phase === "connected" && state.server.authMethod === "password";
  const { token, password } = secret ?? {};
  if (password !== undefined && (isPassword || token === undefined)) return { password };
  return token === undefined ? {} : { token };
}
