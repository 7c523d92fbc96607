import { needsPerson } from "../../protocol/health/summary.ts";
import type { TextKey, Translate } from "../../protocol/l10n/translate.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import type { CommandId } from "./ids.ts";

interface MenuEntry {
  readonly id: CommandId;
  readonly icon: string;
  readonly text: TextKey;
}

const ENTRIES = {
  connect: { id: "connectRemote", icon: "plug", text: "extension.menu.connect" },
  other: { id: "connectRemote", icon: "arrow-swap", text: "extension.menu.other" },
  cancel: { id: "cancelConnect", icon: "circle-slash", text: "extension.menu.cancel" },
  retry: { id: "retry", icon: "refresh", text: "extension.menu.retry" },
  credential: { id: "enterCredential", icon: "key", text: "extension.menu.credential" },
  approve: { id: "approveDevice", icon: "shield", text: "extension.menu.approve" },
  chat: { id: "openChat", icon: "comment-discussion", text: "extension.menu.chat" },
  newChat: { id: "newChat", icon: "add", text: "extension.menu.newChat" },
  health: { id: "health", icon: "pulse", text: "extension.menu.health" },
  call: { id: "gatewayCall", icon: "send", text: "extension.menu.call" },
  doctor: { id: "doctor", icon: "checklist", text: "extension.menu.doctor" },
  manage: { id: "manageGateways", icon: "server", text: "extension.menu.manage" },
  log: { id: "showLog", icon: "output", text: "extension.menu.log" },
  disconnect: { id: "disconnect", icon: "debug-disconnect", text: "extension.menu.disconnect" },
} as const satisfies Record<string, MenuEntry>;

/** Pure: what makes sense now, the likeliest first. */
export function menuEntries({ state, approval }: LinkView): readonly MenuEntry[] {
  const e = ENTRIES;
  switch (state.phase) {
    case "disconnected":
      return [e.connect, e.manage, e.log];
    case "connecting":
      return approval?.approve === undefined ? [e.chat, e.cancel, e.log] : [e.approve, e.chat, e.cancel, e.log];
    case "connected":
      return [e.chat, e.newChat, e.health, e.call, e.doctor, e.other, e.log, e.disconnect];
    case "waiting":
      return [e.retry, e.chat, e.doctor, e.other, e.log, e.disconnect];
    case "failed": {
      const first = state.failure.actions.includes("enter-credential") ? [e.credential, e.retry] : [e.retry];
      const second = needsPerson(state) ? [e.chat] : [e.chat, e.doctor];
      return [...first, ...second, e.other, e.log, e.disconnect];
    }
  }
}

/** The menu behind the status bar item. */
export async function showMenu(ports: {
  readonly prompts: Prompts;
  readonly view: () => LinkView;
  readonly run: (id: CommandId) => Promise<unknown>;
  readonly t: Translate;
}): Promise<void> {
  const view = ports.view();
  const id = await ports.prompts.pick<CommandId>({
    title: view.profile?.name ?? "OpenClaw",
    placeholder: view.path ?? ports.t("extension.status.disconnected"),
    items: menuEntries(view).map(({ id, icon, text }) => ({ label: `$(${icon}) ${ports.t(text)}`, value: id })),
  });
  if (id !== undefined && id !== BACK) await ports.run(id);
}
