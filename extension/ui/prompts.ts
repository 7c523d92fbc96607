import type { Disposable } from "../../protocol/util/disposable.ts";

/** A step of a multi-step dialog was left backwards. */
export const BACK = Symbol("back");
export type Back = typeof BACK;

export interface PickItem<T> {
  /** With codicons: `$(server) home`. */
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: T;
}

/** A line between groups. */
export interface PickSeparator {
  readonly separator: string;
}

export type PickEntries<T> = readonly (PickItem<T> | PickSeparator)[];

export interface PickOptions<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly items: PickEntries<T>;
  /** Shows the whole list anew, as often as more is known, until what it returns is disposed when the list closes. */
  readonly live?: (show: (items: PickEntries<T>) => void) => Disposable;
  readonly canGoBack?: boolean;
}

export interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** Shows dots, survives a click elsewhere, and is never remembered by VS Code. */
  readonly secret?: boolean;
  readonly canGoBack?: boolean;
  /** One sentence about what is wrong with the text, or `undefined`. */
  readonly validate?: (text: string) => string | undefined;
  /** Aborting closes the prompt; the answer is `undefined` then. */
  readonly signal?: AbortSignal;
}

export interface ConfirmOptions<T extends string> {
  readonly message: string;
  readonly detail: string;
  /** Without Cancel, which VS Code adds. */
  readonly choices: readonly { readonly value: T; readonly label: string }[];
}

export interface AwaitPageOptions {
  readonly message: string;
  /** A normalised `https:` URL. VS Code shows it and asks before it is opened. */
  readonly page: string;
}

/** How the extension asks. `undefined` is "cancelled", which is an answer and not an error. */
export interface Prompts {
  pick<T>(options: PickOptions<T>): Promise<T | Back | undefined>;
  input(options: InputOptions): Promise<string | Back | undefined>;
  /** A modal; only for trust, secrets and what cannot be undone. */
  confirm<T extends string>(options: ConfirmOptions<T>): Promise<T | undefined>;
  /** A line with a page to open, until `signal` aborts or somebody presses Cancel. */
  awaitPage(options: AwaitPageOptions, signal: AbortSignal): Promise<"over" | "cancel">;
  /** One line that goes away by itself; with choices it waits for one. */
  inform<T extends string>(
    message: string,
    choices?: readonly { readonly value: T; readonly label: string }[],
  ): Promise<T | undefined>;
  warn<T extends string>(
    message: string,
    choices?: readonly { readonly value: T; readonly label: string }[],
  ): Promise<T | undefined>;
}
