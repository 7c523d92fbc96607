import type { Translate } from "../../protocol/l10n/translate.ts";
import type { HostGateway } from "../../remote/onboarding/probe-host.ts";
import type {
  ApproveDeviceQuestion,
  ReadCredentialQuestion,
  UninstallAnswer,
  UninstallSidecarQuestion,
} from "../../remote/onboarding/questions.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import { askWhichGateway } from "./host-gateways.ts";

export interface StartGatewayQuestion {
  /** `alice@home` */
  readonly host: string;
  readonly directory: string;
  readonly version: string;
  /** Of the file that is sent; `undefined` when it is there already. */
  readonly bytes: number | undefined;
  /** The Node that will run it. */
  readonly node: string;
  readonly purpose: "start" | "update";
  /** Where nothing answered, when that is why. */
  readonly port?: number | undefined;
  /** The `openclaw` command, when the host has it. */
  readonly openclaw?: string | undefined;
}

export interface ChooseGatewayQuestion {
  /** `alice@home` */
  readonly host: string;
  /** Where nothing answers. */
  readonly port: number;
  /** What runs there beside it. */
  readonly gateways: readonly HostGateway[];
}

/** What a person is asked before something on a host is read or changed: one modal an act. `undefined` is a no. */
export interface HostQuestions {
  /** Another Gateway of the host, or a sidecar that is to be started there. */
  chooseGateway(question: ChooseGatewayQuestion, signal: AbortSignal): Promise<HostGateway | "start" | undefined>;
  startGateway(question: StartGatewayQuestion, signal: AbortSignal): Promise<"start" | "how" | undefined>;
  readCredential(question: ReadCredentialQuestion, signal: AbortSignal): Promise<"read" | "type" | undefined>;
  approveDevice(question: ApproveDeviceQuestion, signal: AbortSignal): Promise<boolean>;
  uninstallSidecar(question: UninstallSidecarQuestion, signal: AbortSignal): Promise<UninstallAnswer | undefined>;
  /** Tells how OpenClaw itself is started on a host, and goes away by itself. */
  tellHow(host: string): void;
}

const START_OPENCLAW = "openclaw gateway run";

export function hostQuestions(ports: {
  readonly prompts: Prompts;
  readonly t: Translate;
  readonly copy: (text: string) => Promise<void>;
}): HostQuestions {
  const { prompts, t } = ports;
  return {
    async chooseGateway({ port, ...question }) {
      const placeholder = t("extension.start.nothing", { port });
      const choice = await askWhichGateway({ ...question, placeholder, canStart: true }, { prompts, t });
      return choice === BACK ? undefined : choice;
    },

    startGateway(question) {
      const { host, purpose } = question;
      return prompts.confirm({
        message: t(`extension.${purpose}.message`, { host }),
        detail: whatHappens(question, t).join("\n\n"),
        choices: [
          { value: "start", label: t(`extension.${purpose}.go`) },
          ...(purpose === "update" ? [] : [{ value: "how" as const, label: t("extension.start.how") }]),
        ],
      });
    },

    readCredential: ({ host, file, isHere }) =>
      prompts.confirm({
        message: t("extension.read.message", { host }),
        detail: t(isHere === true ? "extension.read.detailHere" : "extension.read.detail", { host, file }),
        choices: [
          { value: "read", label: t("extension.read.read") },
          { value: "type", label: t("extension.read.type") },
        ],
      }),

    async approveDevice({ host, requestId, deviceId, role, scopes }) {
      const answer = await prompts.confirm({
        message: t("extension.approve.message", { host }),
        detail: t("extension.approve.detail", { requestId, deviceId, role, scopes: scopes.join(", ") }),
        choices: [{ value: "approve", label: t("extension.approve.approve") }],
      });
      return answer === "approve";
    },

    uninstallSidecar: ({ host, programs, stateDir }) =>
      prompts.confirm({
        message: t("extension.uninstall.message", { host }),
        detail: t("extension.uninstall.detail", { programs: programs.join("\n"), stateDir }),
        choices: [
          { value: "program", label: t("extension.uninstall.program") },
          { value: "everything", label: t("extension.uninstall.everything") },
        ],
      }),

    tellHow(host) {
      const choices = [{ value: "copy", label: t("extension.sidecar.copy") }] as const;
      void prompts
        .inform(t("extension.sidecar.how", { name: host, command: START_OPENCLAW }), choices)
        .then((choice) => (choice === "copy" ? ports.copy(START_OPENCLAW) : undefined));
    },
  };
}

/** What is put where on a host, and how it can be reached then. */
function whatHappens(question: StartGatewayQuestion, t: Translate): readonly string[] {
  const { host, directory, version, bytes, node, port, openclaw, purpose } = question;
  const nothing = port === undefined ? "" : t("extension.start.nothing", { host, port });
  const installed = openclaw === undefined ? "" : t("extension.start.openclaw", { command: openclaw });
  const put =
    bytes === undefined
      ? t("extension.start.present", { version, directory })
      : t("extension.start.put", { version, directory, size: (bytes / 1e6).toFixed(1) });
  const how =
    purpose === "update"
      ? [t("extension.update.restart")]
      : [t("extension.start.node", { node }), t("extension.start.loopback"), t("extension.start.token")];
  return [`${nothing} ${installed}`.trim(), put, ...how].filter((line) => line !== "");
}
