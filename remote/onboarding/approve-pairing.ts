import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { asObject } from "../../protocol/gateway/json.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { PairingDesk } from "./pairing-desk.ts";
import { ownRequest } from "./pairing-request.ts";
import type { OnboardingQuestions } from "./questions.ts";

export interface ApprovePairingOptions {
  /** As the person knows it. */
  readonly host: string;
  /** From the Gateway's refusal (PAIRING_REQUIRED). */
  readonly requestId: string;
  /** Our own. */
  readonly deviceId: string;
  readonly questions: Pick<OnboardingQuestions, "approveDevice">;
  readonly signal: AbortSignal;
}

/**
 * Approves exactly one pairing request, ours: it is looked up, compared with our device and shown to the person first.
 * @returns a line for the ladder
 * @throws ConnectError PAIRING_MISMATCH, APPROVAL_FAILED, and what the desk throws; CancelledError, also on a no
 */
export async function approvePairing(desk: PairingDesk, options: ApprovePairingOptions): Promise<string> {
  const { host, requestId, deviceId, questions, signal } = options;
  const request = ownRequest(await attempt(() => desk.list(), options), { requestId, deviceId, host });
  if (!(await questions.approveDevice({ host, ...request }, signal)) || signal.aborted) throw new CancelledError();
  const answer = asObject(await attempt(() => desk.approve(request.requestId), options));
  if (asObject(answer["device"])["deviceId"] !== deviceId) {
    throw failed(options, "the Gateway did not confirm this device");
  }
  return `request ${requestId} approved over SSH`;
}

async function attempt<T>(work: () => Promise<T>, options: ApprovePairingOptions): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (options.signal.aborted) throw new CancelledError();
    if (error instanceof ConnectError || error instanceof CancelledError) throw error;
    throw failed(options, error instanceof Error ? error.message : String(error), error);
  }
}

function failed({ host, requestId }: ApprovePairingOptions, why: string, cause?: unknown): ConnectError {
  const facts = [
    { label: "requestId" as const, value: requestId },
    { label: "command" as const, value: `openclaw devices approve ${requestId}` },
  ];
  return onboardingError("APPROVAL_FAILED", host, why, { facts, cause });
}
