import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { runHostScript } from "./host-script.ts";
import { nodeForSidecar } from "./node-for-sidecar.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { HostProbe } from "./probe-host.ts";
import type { OnboardingQuestions } from "./questions.ts";
import { callSidecarCli } from "./sidecar-cli.ts";
import { stopSidecar } from "./stop-sidecar.ts";

export interface UninstallSidecarOptions {
  readonly probe: HostProbe;
  readonly questions: Pick<OnboardingQuestions, "uninstallSidecar">;
  readonly signal: AbortSignal;
}

export interface UninstalledSidecar {
  /** What is still there and was not put there by us, or was to be kept. Absolute paths. */
  readonly left: readonly string[];
}

/**
 * Removes by name what an installation and the sidecar itself write, and directories only when they are empty then: a file
 * of the person's own, such as openclaw.json, stays and is told.
 * Arguments: state directory, "program" or "everything".
 */
const SCRIPT = `
for each in "$1"/bin/*-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do
  [ -d "$each" ] && [ ! -L "$each" ] || continue
  rm -f "$each/sidecar.mjs" "$each"/.sidecar.*.part
  rmdir "$each" 2>/dev/null
done
rmdir "$1/bin" 2>/dev/null
if [ "$2" = everything ]; then
  for each in sidecar.sqlite sidecar.sqlite-wal sidecar.sqlite-shm sidecar.sqlite-journal runtime.json gateway.token \\
    device-tokens.key; do rm -f "$1/$each"; done
  rm -f "$1"/logs/sidecar.log "$1"/logs/sidecar.log.[0-9] "$1"/logs/sidecar.out
  rmdir "$1/logs" "$1" 2>/dev/null
fi
for each in "$1"/* "$1"/.[!.]*; do [ -e "$each" ] && field left "$each"; done
return 0
`;

const REMOVE_TIMEOUT_MS = 20_000;

/**
 * Takes the sidecar off a host after asking: stops it, removes a service that starts it, and removes the programs, with the
 * answer "everything" also what it has stored.
 * @throws ConnectError SIDECAR_STOP_FAILED (nothing is removed then), NODE_NOT_FOUND, HOST_UNSUPPORTED, SSH_TIMEOUT,
 *   SSH_CLOSED; CancelledError, also when the person leaves everything as it is
 */
export async function uninstallSidecar(
  session: SshSession,
  { probe, questions, signal }: UninstallSidecarOptions,
): Promise<UninstalledSidecar> {
  const { stateDir, installed } = probe.sidecar;
  const answer = await questions.uninstallSidecar({ host: session.label, programs: installed, stateDir }, signal);
  if (answer === undefined || signal.aborted) throw new CancelledError();
  await stopSidecar(session, { probe, signal });
  await removeService(session, { probe, signal });
  const output = await runHostScript(session, {
    script: SCRIPT,
    args: [stateDir, answer],
    signal,
    timeoutMs: REMOVE_TIMEOUT_MS,
  });
  return { left: output.all("left") };
}

/** A service whose program is gone would fail at every login. */
async function removeService(
  session: SshSession,
  { probe, signal }: Pick<UninstallSidecarOptions, "probe" | "signal">,
): Promise<void> {
  const { stateDir, installed } = probe.sidecar;
  const file = installed.at(-1);
  if (file === undefined) return;
  const node = nodeForSidecar(probe).path;
  const call = { node, file, stateDir, words: ["uninstall"], signal, timeoutMs: REMOVE_TIMEOUT_MS };
  const answer = await callSidecarCli(session, call);
  if (!answer.ok) throw onboardingError("SIDECAR_STOP_FAILED", session.label, answer.why);
}
