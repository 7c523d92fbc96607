import type { TranscriptPatch } from "../chat/transcript.ts";
import type { ErrorAction } from "../errors/catalogue.ts";
import type { Failure } from "../errors/failure.ts";
import type { Ladder } from "../ladder/steps.ts";
import type { Locale } from "../l10n/locale.ts";

/** What the panel shows above and beside the transcript. No secret, no URL with credentials, no socket. */
export interface PanelState {
  readonly locale: Locale;
  /** Side panel or editor tab: sets the page colour. */
  readonly place: "side" | "editor";
  readonly connection: PanelConnection;
  /** Tells Gateways apart: with another one nothing of the one before is shown. */
  readonly gateway: string;
  /** Name of the Gateway as the person saved it. */
  readonly gatewayName: string;
  readonly sessions: readonly SessionOption[];
  readonly sessionKey: string;
  /** A run of this session is going: Stop is shown. */
  readonly running: boolean;
  readonly model: string | undefined;
  /** `provider/model` of it, as `ModelOption.ref` says it. */
  readonly modelRef: string | undefined;
  /** False when the Gateway has no model configured. */
  readonly hasModel: boolean;
  readonly usage:
    | { readonly totalTokens: number; readonly contextTokens: number | undefined; readonly costUsd: number | undefined }
    | undefined;
  readonly draft: string;
  /** What this Gateway lets us do with a session. */
  readonly sessionActions: readonly SessionAction[];
  /** What came after this moment was not on screen before; milliseconds since the epoch. */
  readonly unreadSince: number | undefined;
}

export type SessionAction = "rename" | "archive" | "delete" | "choose-model";

export interface SessionOption {
  readonly key: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number | undefined;
  readonly unread: boolean;
  readonly running: boolean;
  /** The agent's main session stays. */
  readonly isMain: boolean;
}

/** A slash command of the Gateway. */
export interface CommandOption {
  /** With its slash. */
  readonly name: string;
  readonly description: string;
  readonly acceptsArgs: boolean;
}

export interface ModelOption {
  /** `provider/model`, what a session is switched with. */
  readonly ref: string;
  readonly name: string;
  readonly provider: string;
  readonly contextTokens: number | undefined;
  readonly isAvailable: boolean;
}

/** Something of the editor that a question can be about. */
export interface MentionOption {
  readonly id: string;
  readonly kind: "file" | "selection" | "problems";
  /** `src/a.ts`, `src/a.ts:41-58`. */
  readonly label: string;
}

export type PanelConnection =
  | { readonly phase: "disconnected"; readonly hasSaved: boolean }
  | {
      readonly phase: "connecting";
      readonly target: string;
      readonly ladder: Ladder;
      /** The climb waits at `pairing` until somebody approves. */
      readonly approval?: DeviceApproval;
    }
  | { readonly phase: "connected" }
  | {
      readonly phase: "waiting";
      readonly failure: Failure;
      readonly attempt: number;
      readonly retryAt: number;
      readonly ladder: Ladder;
    }
  | { readonly phase: "failed"; readonly target: string; readonly failure: Failure; readonly ladder: Ladder };

/** This device waits for its approval on the Gateway's host. */
export interface DeviceApproval {
  readonly requestId: string;
  /** How the host names this device. */
  readonly device: string;
  readonly scopes: readonly string[];
  /** What can be run on the host. */
  readonly command: string;
  /** It can be approved from here, over the SSH connection that is there. */
  readonly overSsh: boolean;
  /** That is under way. */
  readonly isApproving: boolean;
}

/** Extension host → webview. Each message is declared once, here. */
export interface HostMessages {
  state: PanelState;
  transcript: { readonly sessionKey: string; readonly patch: TranscriptPatch };
  focusComposer: object;
  /** Text to put at the end of the composer. */
  insertText: { readonly text: string };
  /** What the composer offers; both come again when they change. */
  commands: { readonly commands: readonly CommandOption[] };
  models: { readonly models: readonly ModelOption[] };
  /** The answer to `findMentions`. */
  mentions: { readonly query: string; readonly options: readonly MentionOption[] };
  /** The answer to `pickMention`: how it is called in the text, and what goes below it. */
  mention: { readonly id: string; readonly reference: string; readonly excerpt: string };
  /** A send was taken over by the host: the composer may clear the draft. */
  accepted: { readonly clientId: string };
}

/** Webview → extension host. Everything here is untrusted input to the host, which parses it before use. */
export interface ViewMessages {
  ready: object;
  send: { readonly clientId: string; readonly text: string };
  stop: object;
  /** Takes back a question that was not sent, or that was refused. */
  discard: { readonly id: string };
  /** `null` goes back to the default. */
  chooseModel: { readonly model: string | null };
  findMentions: { readonly query: string };
  pickMention: { readonly id: string };
  retryNow: object;
  connect: object;
  cancelConnect: object;
  errorAction: { readonly action: ErrorAction };
  approveDevice: object;
  copyDetails: object;
  selectSession: { readonly key: string };
  newSession: object;
  renameSession: { readonly key: string };
  archiveSession: { readonly key: string };
  deleteSession: { readonly key: string };
  loadEarlier: object;
  draft: { readonly text: string };
  copy: { readonly text: string };
  insertAtCursor: { readonly text: string };
  newFile: { readonly text: string; readonly language: string };
  openLink: { readonly href: string };
  openSettings: object;
}

export type HostMessage = { [K in keyof HostMessages]: { readonly type: K } & HostMessages[K] }[keyof HostMessages];
export type ViewMessage = { [K in keyof ViewMessages]: { readonly type: K } & ViewMessages[K] }[keyof ViewMessages];
