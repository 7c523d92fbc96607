import { ConnectError, type Fact } from "../../../protocol/errors/connect-error.ts";
import type { LadderStep } from "../../../protocol/ladder/steps.ts";
import { type Place, codeOf } from "../../net/dial.ts";
import { hostPort } from "../../target/host.ts";
import { printable } from "../../target/printable.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import type { BannerWatch } from "./banner-watch.ts";

/** Whom an error is about. */
export type SshEndpoint = Pick<SshHostConfig, "hostName" | "port" | "user">;

const factsOf = (config: SshEndpoint, detail: string): Fact[] => [
  { label: "host", value: config.hostName },
  { label: "port", value: String(config.port) },
  { label: "user", value: config.user },
  { label: "detail", value: detail },
];

const placeOf = (config: SshEndpoint): string => hostPort(config.hostName, config.port);

export function closedError(config: SshEndpoint, step: LadderStep, why: string, cause?: unknown): ConnectError {
  const detail = printable(why, 300);
  return new ConnectError("SSH_CLOSED", `The SSH connection to ${placeOf(config)} ended: ${detail}.`, {
    step,
    facts: factsOf(config, detail),
    cause,
  });
}

export function timeoutError(config: SshEndpoint, step: LadderStep, ms: number): ConnectError {
  const detail = `no answer within ${ms} ms`;
  return new ConnectError("SSH_TIMEOUT", `The SSH server ${placeOf(config)} went silent: ${detail}.`, {
    step,
    facts: factsOf(config, detail),
  });
}

export function notSshError(config: SshEndpoint, firstLine: string): ConnectError {
  const detail = printable(firstLine === "" ? "it sent no SSH banner" : firstLine);
  return new ConnectError("NOT_SSH", `${placeOf(config)} is not an SSH server: ${detail}.`, {
    step: "tcp",
    facts: factsOf(config, detail),
  });
}

/** What an error of ssh2 means before the sign-in begins. */
export function handshakeError(config: SshEndpoint, banner: BannerWatch, error: Error | undefined): ConnectError {
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

/** What it means that the server did not open a connection to `to`. */
export function refusedPlace(
  config: SshEndpoint,
  to: Place,
  refusal: { readonly why: string; readonly nothingAnswers: boolean; readonly cause?: unknown },
): ConnectError {
  const { why, nothingAnswers, cause } = refusal;
  const place = hostPort(to.host, to.port);
  const facts: Fact[] = [
    { label: "host", value: config.hostName },
    { label: "user", value: config.user },
    { label: "port", value: String(to.port) },
    { label: "detail", value: why },
  ];
  const options = { step: "find-gateway" as const, facts, cause };
  if (nothingAnswers)
    return new ConnectError(
      "GATEWAY_NOT_RUNNING",
      `Nothing answers on ${place} of ${config.hostName}: ${why}.`,
      options,
    );
  const message = `${config.hostName} does not let SSH reach ${place}${why === "" ? "" : `: ${why}`}.`;
  return new ConnectError("FORWARDING_FORBIDDEN", message, options);
}

/** True when a server ends the connection because of too many tries, and not because the link broke. */
export function isAuthRefusal(error: Error): boolean {
  return /too many authentication failures|no more authentication methods|access denied/i.test(error.message);
}
