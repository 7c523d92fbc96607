import { LadderReporter } from "../../protocol/ladder/steps.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { AuthMemory } from "../../remote/ssh/auth/auth-memory.ts";
import type { SshEnvironment } from "../../remote/ssh/config/environment.ts";
import type { SshPrompts } from "../../remote/ssh/prompts.ts";
import type { SshSession } from "../../remote/ssh/session/ssh-session.ts";
import { openSsh } from "../../remote/ssh/system/open-ssh.ts";
import type { SystemSsh } from "../../remote/ssh/system/system-ssh.ts";
import { parseSshTarget } from "../../remote/target/ssh-target.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { HostQuestions } from "../onboarding/host-questions.ts";
import { hostPlace } from "./host-place.ts";
import { localPlace } from "./local-place.ts";
import type { SidecarPlace } from "./sidecar-place.ts";

export interface PlacePorts {
  readonly link: Pick<GatewayLink, "view" | "host">;
  readonly sshPrompts: SshPrompts;
  readonly sshEnvironment: SshEnvironment;
  readonly systemSsh?: SystemSsh | undefined;
  readonly questions: HostQuestions;
  readonly sidecar: { readonly file: string; readonly version: string };
  readonly here: Parameters<typeof localPlace>[0];
  readonly logger: Logger;
}

interface SshPlace {
  readonly kind: "ssh";
  readonly destination: string;
}

/** Reaches a place and works there. @throws as `onHost` */
export async function atPlace<T>(
  target: SshPlace | { readonly kind: "local" },
  { signal, work }: { readonly signal: AbortSignal; readonly work: (place: SidecarPlace) => Promise<T> },
  ports: PlacePorts,
): Promise<T> {
  if (target.kind === "local") return work(localPlace(ports.here));
  const { sidecar, questions, logger } = ports;
  const onSession = (session: SshSession): Promise<T> => work(hostPlace({ session, sidecar, questions, logger }));
  return onHost(target, { signal, work: onSession }, ports);
}

/**
 * Works on a host. The SSH connection of the present Gateway is used when it is to that host; another one is made for the
 * work and closed after it.
 * @throws ConnectError, CancelledError, and what the work throws
 */
export async function onHost<T>(
  target: SshPlace,
  { signal, work }: { readonly signal: AbortSignal; readonly work: (session: SshSession) => Promise<T> },
  ports: Pick<PlacePorts, "link" | "sshPrompts" | "sshEnvironment" | "systemSsh">,
): Promise<T> {
  const shared = sharedSession(target.destination, ports.link);
  if (shared !== undefined) return work(shared);
  const memory = new AuthMemory();
  const connection = {
    target: parseSshTarget(target.destination),
    prompts: ports.sshPrompts,
    environment: ports.sshEnvironment,
    memory,
    context: { signal, interactive: true, ladder: new LadderReporter(() => undefined) },
  };
  const session = await openSsh(connection, ports.systemSsh);
  try {
    return await work(session);
  } finally {
    session.dispose();
    memory.clear();
  }
}

function sharedSession(destination: string, { view, host }: PlacePorts["link"]): SshSession | undefined {
  const { target } = view;
  return target?.kind === "ssh" && target.destination === destination ? host?.session : undefined;
}
