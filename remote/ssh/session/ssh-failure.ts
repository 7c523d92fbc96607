import { ConnectError, type Fact } from "../../../protocol/errors/connect-error.ts";
import type { LadderStep } from "../../../protocol/ladder/steps.ts";
import { codeOf } from "../../net/dial.ts";
import { hostPort } from "../../target/host.ts";
import { printable } from "../../target/printable.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import type { BannerWatch } from "./banner-watch.ts";

const factsOf = (config: SshHostConfig, detail: string): Fact[] => [
  { label: "host", value: config.hostName },
  { label: "port", value: String(config.port) },
  { label: "user", value: config.user },
  { label: "detail", value: detail },
];

const placeOf = (config: SshHostConfig): string => hostPort(config.hostName, config.port);

export function closedError(config: SshHostConfig, step: LadderStep, why: string, cause?: unknown): ConnectError {
  const detail = printable(why, 300);
  return new ConnectError("SSH_CLOSED", `The SSH connection to ${placeOf(config)} ended: ${detail}.`, {
    step,
    facts: factsOf(config, detail),
    cause,
  });
}

export function timeoutError(config: SshHostConfig, step: LadderStep, ms: number): ConnectError {
  const detail = `no answer within ${ms} ms`;
  return new ConnectError("SSH_TIMEOUT", `The SSH server ${placeOf(config)} went silent: ${detail}.`, {
    step,
    facts: factsOf(config, detail),
  });
}

export function notSshError(config: SshHostConfig, firstLine: string): ConnectError {
  const detail = printable(firstLine === "" ? "it sent no SSH banner" : firstLine);
  return new ConnectError("NOT_SSH", `${placeOf(config)} is not an SSH server: ${detail}.`, {
    step: "tcp",
    facts: factsOf(config, detail),
  });
}

/** What an error of ssh2 means before the sign-in begins. */
export function handshakeError(config: SshHostConfig, banner: BannerWatch, error: Error | undefined): ConnectError {
  if (!banner.isSsh) {
    if (banner.firstLine !== "" || /identification|greeting|header/i.test(error?.message ?? "")) {
      return notSshError(config, banner.firstLine);
    }
    return closedError(config, "tcp", codeOf(error) ?? "the server hung up before its banner", error);
  }
  const message = error?.message ?? "";
  if (message === "" || codeOf(error) !== undefined)
    return closedError(config, "host-key", codeOf(error) ?? "the server hung up", error);
  const detail = printable(message, 300);
  return new ConnectError("SSH_KEX_FAILED", `No SSH encryption could be agreed with ${placeOf(config)}: ${detail}.`, {
    step: "host-key",
    facts: factsOf(config, detail),
    cause: error,
  });
}

/** True when a server ends the connection because of too many tries, and not because the link broke. */
export function isAuthRefusal(error: Error): boolean {
  return /too many authentication failures|no more authentication methods|access denied/i.test(error.message);
}
