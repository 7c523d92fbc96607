import type { Translate } from "../../protocol/l10n/translate.ts";
import { type TailnetPeer, peerOfHostKey } from "../../remote/discovery/tailnet-peers.ts";
import type {
  HostKeyAnswer,
  HostKeyQuestion,
  KeyboardQuestion,
  PassphraseQuestion,
  PasswordQuestion,
  SshPrompts,
} from "../../remote/ssh/prompts.ts";
import { BACK, type Prompts } from "./prompts.ts";

export interface SshPromptPorts {
  readonly prompts: Prompts;
  readonly t: Translate;
  /** Hears every secret that was typed. */
  readonly onSecret: (value: string) => void;
  /** Who else may know a host key. */
  readonly tailnet: (signal: AbortSignal) => Promise<readonly TailnetPeer[]>;
}

/**
 * SSH's questions as VS Code prompts: a modal for trust, an input box for each secret. Every text of the server is shown
 * as its own words, never as ours.
 */
export function sshPrompts(ports: SshPromptPorts): SshPrompts {
  const { prompts, t, onSecret } = ports;
  const secret = async (ask: { title: string; prompt: string; signal: AbortSignal; echo?: boolean }) => {
    const answer = await prompts.input({
      title: ask.title,
      prompt: ask.prompt,
      secret: ask.echo !== true,
      signal: ask.signal,
    });
    if (answer === undefined || answer === BACK) return undefined;
    if (ask.echo !== true) onSecret(answer);
    return answer;
  };

  return {
    hostKey: (question, signal) => askHostKey(question, signal, ports),

    async proxyCommand({ host, command, savedIn }) {
      const answer = await prompts.confirm({
        message: t("extension.sshCommand.message", { host }),
        detail: t("extension.sshCommand.detail", { command, savedIn }),
        choices: [{ value: "run" as const, label: t("extension.sshCommand.run") }],
      });
      return answer ?? "cancel";
    },

    webSignIn: ({ user, host, page }, signal) =>
      prompts.awaitPage({ message: t("extension.ssh.webSignIn", { user, host }), page }, signal),

    passphrase: ({ keyFile, user, host, attempt }: PassphraseQuestion, signal) =>
      secret({
        title: t("extension.ssh.passphraseTitle", { keyFile }),
        prompt: again(attempt, t) + t("extension.ssh.passphrasePrompt", { user, host }),
        signal,
      }),

    password: ({ user, host, attempt }: PasswordQuestion, signal) =>
      secret({
        title: t("extension.ssh.passwordTitle", { user, host }),
        prompt: again(attempt, t) + t("extension.ssh.passwordPrompt"),
        signal,
      }),

    keyboardInteractive: async ({ user, host, instruction, prompts: questions }: KeyboardQuestion, signal) => {
      const answers: string[] = [];
      for (const { text, echo } of questions) {
        const prompt = [instruction, text].filter((part) => part.trim() !== "").join(" — ");
        const title = t("extension.ssh.keyboardTitle", { user, host });
        const answer = await secret({ title, prompt, echo, signal });
        if (answer === undefined) return undefined;
        answers.push(answer);
      }
      return answers;
    },
  };
}

async function askHostKey(
  question: HostKeyQuestion,
  signal: AbortSignal,
  { prompts, t, tailnet }: SshPromptPorts,
): Promise<HostKeyAnswer> {
  const { host, port, keyType, fingerprint, savedIn } = question;
  const peer = peerOfHostKey(await tailnet(signal), question);
  const detail = t("extension.hostKey.detail", { host, port, keyType, fingerprint });
  const once = { value: "once", label: t("extension.hostKey.once") } as const;
  const remember = { value: "remember", label: t("extension.hostKey.remember") } as const;
  const answer = await prompts.confirm({
    message: t("extension.hostKey.message", { host }),
    detail: peer === undefined ? detail : `${detail}\n\n${t("extension.hostKey.tailnet", { name: peer.name })}`,
    choices: savedIn === undefined ? [once] : [remember, once],
  });
  return answer ?? "cancel";
}

const again = (attempt: number, t: Translate): string => (attempt > 1 ? `${t("extension.ssh.again")} ` : "");
