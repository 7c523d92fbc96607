import * as vscode from "vscode";
import { plainLines, plainSentence } from "./plain-text.ts";
import {
  type AwaitPageOptions,
  BACK,
  type Back,
  type ConfirmOptions,
  type InputOptions,
  type PickEntries,
  type PickOptions,
  type Prompts,
} from "./prompts.ts";

type Choices<T extends string> = readonly { readonly value: T; readonly label: string }[];

/** `Prompts` with VS Code's own quick picks, input boxes and messages. */
export const vscodePrompts: Prompts = {
  pick: <T>(options: PickOptions<T>) => {
    const box = vscode.window.createQuickPick<BoxItem<T>>();
    box.title = plainSentence(options.title);
    box.placeholder = plainSentence(options.placeholder);
    box.matchOnDescription = true;
    box.matchOnDetail = true;
    box.items = boxItems(options.items);
    const live = options.live?.((items) => {
      // What a person is about to choose must not move away from under their finger.
      const active = box.activeItems[0]?.label;
      box.keepScrollPosition = true;
      box.items = boxItems(items);
      const same = box.items.find(({ label, choose }) => choose !== undefined && label === active);
      if (same !== undefined) box.activeItems = [same];
    });
    const answer = shown<T>(box, options, (accept) => {
      box.onDidAccept(() => {
        const choose = box.selectedItems[0]?.choose;
        if (choose !== undefined) accept(choose());
      });
    });
    return answer.finally(() => live?.dispose());
  },

  input: (options: InputOptions) => {
    const box = vscode.window.createInputBox();
    box.title = plainSentence(options.title);
    box.prompt = plainSentence(options.prompt);
    box.placeholder = options.placeholder ?? "";
    box.value = options.value ?? "";
    box.password = options.secret === true;
    box.ignoreFocusOut = options.secret === true;
    const check = () => {
      const fault = options.validate?.(box.value);
      return fault === undefined ? undefined : plainSentence(fault);
    };
    return shown<string>(box, options, (accept) => {
      // Nobody is told off while typing; only what was confirmed is judged, and then as it is mended.
      box.onDidChangeValue(() => {
        if (box.validationMessage !== undefined) box.validationMessage = check();
      });
      box.onDidAccept(() => {
        const fault = check();
        if (fault === undefined) accept(box.value);
        else box.validationMessage = fault;
      });
    });
  },

  confirm: async <T extends string>({ message, detail, choices }: ConfirmOptions<T>) => {
    const labels = choices.map(({ label }) => label);
    const shown = { modal: true, detail: plainLines(detail) };
    const label = await vscode.window.showWarningMessage(plainSentence(message), shown, ...labels);
    return choices.find((choice) => choice.label === label)?.value;
  },

  awaitPage: async ({ message, page }: AwaitPageOptions, signal) => {
    // Of our own making, so that it may be a link: its words are the page's host, and its target has no bracket.
    const target = page.replaceAll("(", "%28").replaceAll(")", "%29");
    const title = `OpenClaw: ${plainSentence(message)} [${new URL(page).host}](${target})`;
    const location = vscode.ProgressLocation.Notification;
    return vscode.window.withProgress({ location, title, cancellable: true }, (_report, token) => {
      const { promise, resolve } = Promise.withResolvers<"over" | "cancel">();
      token.onCancellationRequested(() => resolve("cancel"));
      signal.addEventListener("abort", () => resolve("over"), { once: true });
      if (signal.aborted) resolve("over");
      return promise;
    });
  },

  inform: async <T extends string>(message: string, choices: Choices<T> = []) => {
    const label = await vscode.window.showInformationMessage(
      plainSentence(message),
      ...choices.map((choice) => choice.label),
    );
    return choices.find((choice) => choice.label === label)?.value;
  },

  warn: async <T extends string>(message: string, choices: Choices<T> = []) => {
    const label = await vscode.window.showWarningMessage(
      plainSentence(message),
      ...choices.map((choice) => choice.label),
    );
    return choices.find((choice) => choice.label === label)?.value;
  },
};

type BoxItem<T> = vscode.QuickPickItem & { readonly choose?: () => T };

function boxItems<T>(items: PickEntries<T>): readonly BoxItem<T>[] {
  return items.map((item) =>
    "separator" in item
      ? { label: item.separator, kind: vscode.QuickPickItemKind.Separator }
      : {
          label: item.label,
          ...(item.description === undefined ? {} : { description: item.description }),
          ...(item.detail === undefined ? {} : { detail: item.detail }),
          choose: () => item.value,
        },
  );
}

interface ShowOptions {
  readonly canGoBack?: boolean;
  readonly signal?: AbortSignal;
}

/** Shows a box until it is answered, left, or aborted, and lets go of it. */
function shown<T>(
  box: vscode.QuickPick<BoxItem<T>> | vscode.InputBox,
  options: ShowOptions,
  whenAccepted: (accept: (value: T) => void) => void,
): Promise<T | Back | undefined> {
  return new Promise((resolve) => {
    const end = (answer: T | Back | undefined) => {
      options.signal?.removeEventListener("abort", onAbort);
      resolve(answer);
      box.dispose();
    };
    const onAbort = () => end(undefined);
    if (options.signal?.aborted === true) {
      end(undefined);
      return;
    }
    options.signal?.addEventListener("abort", onAbort, { once: true });
    if (options.canGoBack === true) box.buttons = [vscode.QuickInputButtons.Back];
    box.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) end(BACK);
    });
    box.onDidHide(() => end(undefined));
    whenAccepted(end);
    box.show();
  });
}
