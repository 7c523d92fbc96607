import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import type { PairingRefusal } from "../../protocol/client/pairing-refusal.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { approvePairing } from "../../remote/onboarding/approve-pairing.ts";
import { gatewayDesk, openClawDesk } from "../../remote/onboarding/pairing-desk.ts";
import type { OpenClawSetup } from "../../remote/onboarding/openclaw-setup.ts";
import { type HostGateway, type HostProbe, probeHost } from "../../remote/onboarding/probe-host.ts";
import { readGatewayCredential } from "../../remote/onboarding/read-credential.ts";
import type { SshSession } from "../../remote/ssh/session/ssh-session.ts";
import { gatewaysBeside } from "./host-gateways.ts";
import type { HostQuestions } from "./host-questions.ts";
import { putSidecar } from "./put-sidecar.ts";

/** What a climb can have done on the Gateway's host: over the SSH connection that it has made already, or as what runs there. */
export interface HostOnboarding {
  /**
   * Offers to start a Gateway where none answers.
   * @returns what it lets people in with, empty when one runs already on another port; `undefined` when the person did not
   * want it
   * @throws ConnectError of an onboarding step; CancelledError on an abort, and when the person goes to another Gateway
   */
  startGateway(start: GatewayStart): Promise<GatewayCredential | undefined>;
  /** Offers to read the Gateway's credential from its own config. Rejects only with CancelledError, on an abort. */
  readCredential(signal: AbortSignal): Promise<CredentialAnswer>;
  /** Approves this device's own request, after it was found there. @throws ConnectError; CancelledError, also on a no */
  approve?(request: PairingRefusal, by: Approval): Promise<void>;
}

export interface GatewayStart {
  /** Where nothing answered. */
  readonly port: number;
  readonly signal: AbortSignal;
  /** Hears what is under way. */
  readonly doing: (what: HostActivity) => void;
}

export type HostActivity = "looking" | "installing" | "starting";

export type CredentialAnswer =
  | { readonly kind: "found"; readonly credential: GatewayCredential }
  /** The person types it; `why` says what was wrong with reading it. */
  | { readonly kind: "type"; readonly why?: ConnectError }
  | { readonly kind: "cancelled" };

export interface Approval {
  readonly deviceId: string;
  /** What the Gateway was told before it asked for pairing. */
  readonly credential: GatewayCredential;
  readonly signal: AbortSignal;
}

/** The part of the SSH road that onboarding uses. */
export interface HostRoad {
  /** While there is one. */
  readonly session: SshSession | undefined;
  readonly gatewayPort: number;
  /** SHA-256 of the Gateway's certificate; undefined when it speaks plainly there. */
  readonly certificate: string | undefined;
  /** From now on the Gateway is looked for on this port, which is that of a sidecar or of OpenClaw's lock file. */
  useGatewayPort(port: number, from: "sidecar" | "lock file"): void;
}

export interface HostOnboardingOptions {
  readonly road: HostRoad;
  /** The person has said which port it is. */
  readonly isPortFixed: boolean;
  readonly questions: HostQuestions;
  /** `dist/sidecar.mjs` of this extension, and its version. */
  readonly sidecar: { readonly file: string; readonly version: string };
  /** The person uses the sidecar of this host. */
  readonly onSidecar: () => void;
  /** The person wants another Gateway of this host. */
  readonly onOther: (gateway: HostGateway) => void;
  readonly logger: Logger;
}

/** Onboarding over SSH. Every act on the host has its one question before it. */
export class SshOnboarding implements HostOnboarding {
  readonly #options: HostOnboardingOptions;

  constructor(options: HostOnboardingOptions) {
    this.#options = options;
  }

  async startGateway({ port, signal, doing }: GatewayStart): Promise<GatewayCredential | undefined> {
    const { road, questions, sidecar, logger } = this.#options;
    const { session } = road;
    if (session === undefined) return undefined;
    doing("looking");
    const probe = await probeHost(session, { signal });
    if (!this.#options.isPortFixed && (await this.#isElsewhere(probe, port, signal))) return {};
    const put = await putSidecar(session, { probe, sidecar, questions, port, doing, logger, signal });
    if (put === "declined") return undefined;
    this.#use({ kind: "sidecar", port: put.port });
    // The token was made by what the person has just started here for themselves: that was the question.
    const read = { probe, gateway: "sidecar", questions: { readCredential: yes }, signal } as const;
    const { credential, evidence } = await readGatewayCredential(session, read);
    logger.info(evidence);
    return credential;
  }

  async readCredential(signal: AbortSignal): Promise<CredentialAnswer> {
    const { road, questions, logger } = this.#options;
    const { session } = road;
    if (session === undefined) return { kind: "type" };
    let answer: "read" | "type" | undefined;
    try {
      const probe = await probeHost(session, { signal });
      const gateway = gatewayOn(probe, road.gatewayPort);
      if (gateway === undefined) return { kind: "type" };
      const readCredential = async (question: { readonly host: string; readonly file: string }) => {
        answer = await questions.readCredential(question, signal);
        return answer === "read";
      };
      const found = await readGatewayCredential(session, { probe, gateway, questions: { readCredential }, signal });
      logger.info(found.evidence);
      return { kind: "found", credential: found.credential };
    } catch (error) {
      if (signal.aborted) throw new CancelledError();
      if (error instanceof CancelledError) return { kind: answer === "type" ? "type" : "cancelled" };
      if (!(error instanceof ConnectError)) throw error;
      logger.warn(`${error.code}: ${error.message}`);
      return { kind: "type", why: error };
    }
  }

  async approve(request: PairingRefusal, { deviceId, credential, signal }: Approval): Promise<void> {
    const { road, questions, sidecar, logger } = this.#options;
    const { session } = road;
    if (session === undefined) throw new ConnectError("SSH_CLOSED", "The SSH connection has gone.");
    const probe = await probeHost(session, { signal });
    const port = road.gatewayPort;
    const own = gatewayOn(probe, port) === "sidecar" ? undefined : openClawDesk(session, { probe, port, signal });
    const desk = own ?? gatewayDesk(session, { port, credential, version: sidecar.version, signal });
    const approveDevice = async (found: Parameters<HostQuestions["approveDevice"]>[0]): Promise<boolean> => {
      // The person has agreed to what was on the screen; anything beyond it is asked about.
      const isAsShown = found.role === request.role && found.scopes.every((scope) => request.scopes.includes(scope));
      return isAsShown || questions.approveDevice(found, signal);
    };
    const wanted = {
      host: session.label,
      requestId: request.requestId,
      deviceId,
      questions: { approveDevice },
      signal,
    };
    logger.info(await approvePairing(desk, wanted));
  }

  /** Whether what the person wants runs there on another port. @throws CancelledError when they go to another one */
  async #isElsewhere(probe: HostProbe, port: number, signal: AbortSignal): Promise<boolean> {
    const beside = gatewaysBeside(probe, port);
    const known =
      beside.find(({ kind, profile }) => kind === "openclaw" && profile === undefined) ?? beside.find(isSidecar);
    if (known !== undefined) {
      // It runs, on a port that nobody told us: there is nothing to start, and nothing to ask.
      this.#use(known);
      return true;
    }
    if (beside.length === 0) return false;
    const { questions, onOther } = this.#options;
    const choice = await questions.chooseGateway({ host: probe.host, port, gateways: beside }, signal);
    if (choice === "start" && !signal.aborted) return false;
    if (choice !== "start" && choice !== undefined && !signal.aborted) onOther(choice);
    throw new CancelledError();
  }

  #use(gateway: HostGateway): void {
    this.#options.road.useGatewayPort(gateway.port, isSidecar(gateway) ? "sidecar" : "lock file");
    if (isSidecar(gateway)) this.#options.onSidecar();
  }
}

const yes = (): Promise<boolean> => Promise.resolve(true);

const isSidecar = ({ kind }: HostGateway): boolean => kind === "sidecar";

/** Whose config tells what the Gateway on a port lets people in with; `undefined` when the host has none that could. */
function gatewayOn({ sidecar, openclaw }: HostProbe, port: number): "sidecar" | OpenClawSetup | undefined {
  if (sidecar.running?.port === port) return "sidecar";
  const run = openclaw.running.find((each) => each.port === port);
  return run ?? (openclaw.configPath === undefined ? undefined : openclaw);
}
