import type { JsonObject } from "../../protocol/gateway/json.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import { clip } from "./clip.ts";
import type { SessionList } from "./session-list.ts";

export interface SessionActionPorts {
  readonly link: Pick<GatewayLink, "request">;
  readonly sessions: Pick<SessionList, "row" | "refresh">;
  readonly prompts: Prompts;
  readonly t: Translate;
}

/** What the Gateway takes as a label. */
const MOST_LABEL = 512;

/** Changes to a session that a person wants. Each rejects with what the Gateway or the link said. */
export class SessionActions {
  readonly #ports: SessionActionPorts;

  constructor(ports: SessionActionPorts) {
    this.#ports = ports;
  }

  async rename(key: string, title: string): Promise<void> {
    const { prompts, t } = this.#ports;
    const label = await prompts.input({
      title: t("extension.session.renameTitle"),
      prompt: t("extension.session.renamePrompt"),
      value: title,
      validate: (text) => (text.trim().length > MOST_LABEL ? t("extension.session.renameLong") : undefined),
    });
    if (label === undefined || label === BACK) return;
    // An empty name gives the session back the one that the Gateway makes for it.
    await this.#patch(key, { label: label.trim() === "" ? null : label.trim() });
    await this.#ports.sessions.refresh();
  }

  async chooseModel(key: string, model: string | null): Promise<void> {
    await this.#patch(key, { model });
  }

  async markRead(key: string): Promise<void> {
    await this.#patch(key, { unread: false });
  }

  /** Puts it away; one click brings it back. */
  async archive(key: string, title: string): Promise<void> {
    const { prompts, sessions, t } = this.#ports;
    const { sessionId } = sessions.row(key) ?? {};
    const expected = sessionId === undefined ? {} : { expectedSessionId: sessionId };
    await this.#patch(key, { archived: true, ...expected });
    await sessions.refresh();
    const undo = { value: "undo", label: t("extension.session.undo") } as const;
    const sentence = t("extension.session.archived", { title: clip(title, 60) });
    void prompts.inform(sentence, [undo]).then(
      async (answer) => {
        if (answer === "undo") await this.#patch(key, { archived: false, ...expected });
      },
      () => undefined,
    );
  }

  /** @returns false: the person said no */
  async delete(key: string, title: string): Promise<boolean> {
    const { link, prompts, sessions, t } = this.#ports;
    const answer = await prompts.confirm({
      message: t("extension.session.deleteMessage", { title: clip(title, 60) }),
      detail: t("extension.session.deleteDetail"),
      choices: [{ value: "delete", label: t("extension.session.delete") }],
    });
    if (answer !== "delete") return false;
    const { sessionId } = sessions.row(key) ?? {};
    const expected = sessionId === undefined ? {} : { expectedSessionId: sessionId };
    await link.request("sessions.delete", { key, deleteTranscript: true, ...expected });
    await sessions.refresh();
    return true;
  }

  async #patch(key: string, change: JsonObject): Promise<void> {
    await this.#ports.link.request("sessions.patch", { key, ...change });
  }
}
