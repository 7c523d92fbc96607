import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { type ConfigEnvironment, readOpenClawConfig } from "../../remote/config/openclaw-config.ts";
import { answersAsGateway } from "../../remote/discovery/answers-as-gateway.ts";
import type { Place } from "../../remote/net/dial.ts";
import { openClawPortHere } from "../../remote/onboarding/openclaw-here.ts";
import type { EdgeHeaders } from "../../remote/socket/edge-headers.ts";
import { speaksTls } from "../../remote/socket/speaks-tls.ts";
import type { SshEnvironment } from "../../remote/ssh/config/environment.ts";
import type { SshPrompts } from "../../remote/ssh/prompts.ts";
import type { SystemSsh } from "../../remote/ssh/system/system-ssh.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { parseSshTarget } from "../../remote/target/ssh-target.ts";
import { type DirectProxy, DirectTransport } from "../../remote/transport/direct-transport.ts";
import { DEFAULT_GATEWAY_PORT } from "../../remote/transport/find-gateway.ts";
import { SshTransport } from "../../remote/transport/ssh-transport.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import { type LocalSidecar, readLocalSidecar, readSidecarToken } from "./local-sidecar.ts";
import type { GatewayTarget } from "./profile.ts";
import { type WindowPorts, WindowTransport, ownWindowAddress } from "./window-transport.ts";

export interface TransportPorts extends WindowPorts {
  readonly sshPrompts: SshPrompts;
  readonly sshEnvironment: SshEnvironment;
  readonly systemSsh?: SystemSsh | undefined;
  /** Whether the person has chosen the sidecar of an SSH host before whatever else is set up there. */
  readonly prefersSidecar: () => boolean;
  /** Of VS Code's settings; SSH goes without it, as ssh does. */
  readonly proxy: DirectProxy;
  readonly edgeHeaders: (target: GatewayTarget) => EdgeHeaders | undefined;
  /** Resolves with its port. */
  readonly startSidecar: (signal: AbortSignal) => Promise<number>;
  /** Whether a Gateway answers on this loopback port. */
  readonly probe: (port: number, signal: AbortSignal) => Promise<boolean>;
}

/** A way, and for one over SSH what can be done on the host. */
export interface OpenedRoad {
  readonly transport: GatewayTransport;
  readonly host: HostRoad | undefined;
  /** For a Gateway that may be on the computer that this extension runs on. */
  readonly here?: { readonly portHere: number | undefined };
}

/** The way to a target. @throws ConnectError when the target, which a person may have edited by hand, cannot be read */
export function openTransport(target: GatewayTarget, ports: TransportPorts): OpenedRoad {
  switch (target.kind) {
    case "ssh": {
      const transport = new SshTransport({
        target: parseSshTarget(target.destination),
        prompts: ports.sshPrompts,
        gatewayPort: target.gatewayPort,
        prefersSidecar: ports.prefersSidecar,
        environment: ports.sshEnvironment,
        system: ports.systemSsh,
      });
      return { transport, host: transport };
    }
    case "url": {
      const { url, tlsFingerprint } = target;
      const { proxy } = ports;
      const edge = ports.edgeHeaders(target);
      const transport = new DirectTransport({ url: parseGatewayUrl(url), tlsFingerprint, proxy, edge });
      return { transport, host: undefined };
    }
    case "window": {
      const transport = new WindowTransport(target, ports);
      return { transport, host: undefined, here: transport };
    }
    case "local": {
      const transport = new LocalTransport(ports);
      return { transport, host: undefined, here: transport };
    }
  }
}

/** What this computer itself knows of a Gateway: the token of the running sidecar, for its own address only. */
export async function localCredential(
  target: GatewayTarget,
  ports: WindowPorts,
): Promise<GatewayCredential | undefined> {
  const address = await localAddress(target, ports);
  if (address === undefined) return undefined;
  const { sidecarStateDir: stateDir } = ports;
  const sidecar = await readLocalSidecar(stateDir);
  if (sidecar === undefined) return undefined;
  const { host, port } = parseGatewayUrl(sidecar.url);
  if (address !== "any" && (address.host !== host || address.port !== port)) return undefined;
  const token = await readSidecarToken(stateDir);
  return token === undefined ? undefined : { token };
}

/** The address on this computer that a target means; none when it is on another one. */
async function localAddress(target: GatewayTarget, ports: WindowPorts): Promise<Place | "any" | undefined> {
  switch (target.kind) {
    case "ssh":
      return undefined;
    case "url":
      return parseGatewayUrl(target.url);
    case "window":
      // Why there is none is said by the transport, on its rung.
      return ownWindowAddress(target, ports).catch(() => undefined);
    case "local":
      return "any";
  }
}

/** The Gateway on this computer: the running sidecar, else OpenClaw, else what is on its usual port, else a sidecar we start. */
class LocalTransport implements GatewayTransport {
  readonly #ports: TransportPorts;
  #url = `ws://127.0.0.1:${DEFAULT_GATEWAY_PORT}`;

  constructor(ports: TransportPorts) {
    this.#ports = ports;
  }

  get path(): string {
    return this.#url;
  }

  get portHere(): number {
    return parseGatewayUrl(this.#url).port;
  }

  async open(context: OpenContext): Promise<GatewaySocket> {
    context.ladder.start("resolve");
    const { url, tlsFingerprint } = await this.#find(context);
    this.#url = url;
    return new DirectTransport({ url: parseGatewayUrl(url), tlsFingerprint }).open(context);
  }

  dispose(): void {}

  async #find({ interactive, signal }: OpenContext): Promise<Pick<LocalSidecar, "url" | "tlsFingerprint">> {
    const { sidecarStateDir, configEnvironment, probe, startSidecar } = this.#ports;
    const running = await readLocalSidecar(sidecarStateDir);
    if (running !== undefined) return running;
    const ports = [await openClawPortHere(configEnvironment), await configuredPort(configEnvironment)];
    for (const port of new Set([...ports, DEFAULT_GATEWAY_PORT])) {
      if (port !== undefined && (await probe(port, signal))) return plainly(port);
    }
    if (interactive) return plainly(await startSidecar(signal));
    // Only a person starts something on their computer.
    throw new ConnectError("GATEWAY_NOT_RUNNING", "No Gateway runs on this computer.", {
      step: "resolve",
      facts: [
        { label: "host", value: "127.0.0.1" },
        { label: "port", value: String(DEFAULT_GATEWAY_PORT) },
      ],
    });
  }
}

/** A config that cannot be read names no port; what else there is may be tried. */
const configuredPort = (environment: ConfigEnvironment): Promise<number | undefined> =>
  readOpenClawConfig(environment).then(
    ({ port }) => port,
    () => undefined,
  );

/** Where it may speak TLS all the same; that shows when it is met. */
const plainly = (port: number) => ({ url: `ws://127.0.0.1:${port}`, tlsFingerprint: undefined });

/** Whether a Gateway answers on this port of this computer. */
export async function probeLoopback(port: number, signal: AbortSignal): Promise<boolean> {
  const bound = { signal, timeoutMs: 1_000 };
  if (await answersAsGateway(`http://127.0.0.1:${port}`, bound)) return true;
  // One that speaks TLS cannot be asked so; whether it is a Gateway shows when it is met.
  return speaksTls({ host: "127.0.0.1", port }, bound);
}
