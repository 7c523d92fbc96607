import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { CredentialAnswer, GatewayStart, HostOnboarding } from "./host-onboarding.ts";
import type { HostQuestions } from "./host-questions.ts";

export interface HereOnboardingOptions {
  /** This computer, in the person's words. */
  readonly host: string;
  /** The program that is started. */
  readonly file: string;
  /** Of the sidecar that is started. */
  readonly version: string;
  readonly questions: Pick<HostQuestions, "startGateway" | "tellHow">;
  /** Resolves with its port. */
  readonly startSidecar: (signal: AbortSignal) => Promise<number>;
  /** The token that the sidecar has made for this person. */
  readonly readToken: () => Promise<string | undefined>;
  /** The person uses the sidecar of this host. */
  readonly onSidecar: () => void;
}

/** Onboarding on the host of a remote window, where this extension runs itself: nothing has to be sent there. */
export class HereOnboarding implements HostOnboarding {
  readonly #options: HereOnboardingOptions;

  constructor(options: HereOnboardingOptions) {
    this.#options = options;
  }

  async startGateway({ port, signal, doing }: GatewayStart): Promise<GatewayCredential | undefined> {
    const { host, file, version, questions, startSidecar, readToken, onSidecar } = this.#options;
    const question = { host, directory: file, version, bytes: undefined, node: process.execPath, port } as const;
    const answer = await questions.startGateway({ ...question, purpose: "start" }, signal);
    if (signal.aborted) throw new CancelledError();
    if (answer === "how") questions.tellHow(host);
    if (answer !== "start") return undefined;
    doing("starting");
    await startSidecar(signal);
    onSidecar();
    const token = await readToken();
    return token === undefined ? {} : { token };
  }

  async readCredential(): Promise<CredentialAnswer> {
    return { kind: "type" };
  }
}
