import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { ConfigEnvironment } from "../../remote/config/openclaw-config.ts";
import { type SetupHere, readAuthHere } from "../../remote/onboarding/openclaw-here.ts";
import type { CredentialAnswer, GatewayStart, HostOnboarding } from "./host-onboarding.ts";
import type { HostQuestions } from "./host-questions.ts";

export interface HereOnboardingOptions {
  /** This computer, in the person's words. */
  readonly host: string;
  readonly questions: Pick<HostQuestions, "startGateway" | "readCredential" | "tellHow">;
  /** The OpenClaw that the Gateway of this climb is, when it is one. */
  readonly findSetup: () => Promise<SetupHere | undefined>;
  readonly environment: ConfigEnvironment;
  /** What may be started here; undefined: nothing. */
  readonly sidecar:
    | {
        /** The program that is started. */
        readonly file: string;
        readonly version: string;
        /** Resolves with its port. */
        readonly start: (signal: AbortSignal) => Promise<number>;
        /** The token that the sidecar has made for this person. */
        readonly readToken: () => Promise<string | undefined>;
        /** The person uses the sidecar of this host. */
        readonly onUse: () => void;
      }
    | undefined;
  readonly logger: Logger;
}

/** Onboarding on the computer that this extension runs on: nothing has to be sent anywhere. */
export class HereOnboarding implements HostOnboarding {
  readonly #options: HereOnboardingOptions;

  constructor(options: HereOnboardingOptions) {
    this.#options = options;
  }

  async startGateway({ port, signal, doing }: GatewayStart): Promise<GatewayCredential | undefined> {
    const { host, questions, sidecar } = this.#options;
    if (sidecar === undefined) return undefined;
    const { file, version, start, readToken, onUse } = sidecar;
    const question = { host, directory: file, version, bytes: undefined, node: process.execPath, port } as const;
    const answer = await questions.startGateway({ ...question, purpose: "start" }, signal);
    if (signal.aborted) throw new CancelledError();
    if (answer === "how") questions.tellHow(host);
    if (answer !== "start") return undefined;
    doing("starting");
    await start(signal);
    onUse();
    const token = await readToken();
    return token === undefined ? {} : { token };
  }

  async readCredential(signal: AbortSignal): Promise<CredentialAnswer> {
    const { host, questions, findSetup, environment, logger } = this.#options;
    const setup = await findSetup();
    if (setup === undefined) return { kind: "type" };
    const answer = await questions.readCredential({ host, file: setup.configPath, isHere: true }, signal);
    if (signal.aborted) throw new CancelledError();
    if (answer !== "read") return { kind: answer === "type" ? "type" : "cancelled" };
    try {
      const { mode, credential, from } = await readAuthHere(setup, environment, host);
      logger.info(`${mode} from ${setup.configPath} (${from})`);
      return { kind: "found", credential };
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      logger.warn(`${error.code}: ${error.message}`);
      return { kind: "type", why: error };
    }
  }
}
