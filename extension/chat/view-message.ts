import { ERRORS, type ErrorAction } from "../../protocol/errors/catalogue.ts";
import { type JsonObject, asObject, asString } from "../../protocol/gateway/json.ts";
import type { ViewMessage, ViewMessages } from "../../protocol/webview/contract.ts";

/** Characters; a question longer than this is no question, and a code block longer than this is no code block. */
const MOST_TEXT = 2_000_000;
const MOST_WORD = 4_096;
const MOST_QUERY = 200;

type Readers = {
  readonly [K in keyof ViewMessages]: (message: JsonObject) => ({ readonly type: K } & ViewMessages[K]) | undefined;
};

/** One reader a message, so that a message without a reader does not compile. `undefined`: refused. */
const READERS: Readers = {
  ready: () => ({ type: "ready" }),
  send: (message) => {
    const clientId = word(message["clientId"]);
    const text = longText(message["text"]);
    return clientId === undefined || text === undefined ? undefined : { type: "send", clientId, text };
  },
  stop: () => ({ type: "stop" }),
  discard: (message) => {
    const id = word(message["id"]);
    return id === undefined ? undefined : { type: "discard", id };
  },
  chooseModel: (message) => {
    const model = message["model"] === null ? null : word(message["model"]);
    return model === undefined || model === "" ? undefined : { type: "chooseModel", model };
  },
  findMentions: (message) => {
    const query = word(message["query"]);
    return query === undefined || query.length > MOST_QUERY ? undefined : { type: "findMentions", query };
  },
  pickMention: (message) => {
    const id = word(message["id"]);
    return id === undefined ? undefined : { type: "pickMention", id };
  },
  retryNow: () => ({ type: "retryNow" }),
  connect: () => ({ type: "connect" }),
  cancelConnect: () => ({ type: "cancelConnect" }),
  errorAction: (message) => {
    const action = asErrorAction(message["action"]);
    return action === undefined ? undefined : { type: "errorAction", action };
  },
  approveDevice: () => ({ type: "approveDevice" }),
  copyDetails: () => ({ type: "copyDetails" }),
  selectSession: (message) => withKey("selectSession", message),
  newSession: () => ({ type: "newSession" }),
  renameSession: (message) => withKey("renameSession", message),
  archiveSession: (message) => withKey("archiveSession", message),
  deleteSession: (message) => withKey("deleteSession", message),
  loadEarlier: () => ({ type: "loadEarlier" }),
  draft: (message) => withText("draft", message),
  copy: (message) => withText("copy", message),
  insertAtCursor: (message) => withText("insertAtCursor", message),
  newFile: (message) => {
    const text = longText(message["text"]);
    const language = word(message["language"]);
    return text === undefined || language === undefined ? undefined : { type: "newFile", text, language };
  },
  openLink: (message) => {
    const href = word(message["href"]);
    return href === undefined ? undefined : { type: "openLink", href };
  },
  openSettings: () => ({ type: "openSettings" }),
};

/** What handles each message; a missing handler does not compile. */
export type ViewHandlers = { readonly [K in keyof ViewMessages]: (message: ViewMessages[K]) => unknown };

/**
 * Reads one message of a webview, which is hostile input: its content was made from what models and tools wrote.
 * @returns `undefined` when it is none of ours; then nothing happens
 */
export function parseViewMessage(value: unknown): ViewMessage | undefined {
  const message = asObject(value);
  const type = message["type"];
  return isViewType(type) ? READERS[type](message) : undefined;
}

/** Hands a message to its handler. */
export function dispatchViewMessage(message: ViewMessage, handlers: ViewHandlers): unknown {
  return call(message.type, message, handlers);
}

function call<K extends keyof ViewMessages>(type: K, message: ViewMessages[K], handlers: ViewHandlers): unknown {
  return handlers[type](message);
}

function isViewType(type: unknown): type is keyof ViewMessages {
  return typeof type === "string" && Object.hasOwn(READERS, type);
}

function asErrorAction(value: unknown): ErrorAction | undefined {
  return Object.values(ERRORS)
    .flatMap(({ actions }): readonly ErrorAction[] => actions)
    .find((action) => action === value);
}

function withKey<K extends string>(
  type: K,
  message: JsonObject,
): { readonly type: K; readonly key: string } | undefined {
  const key = word(message["key"]);
  return key === undefined || key === "" ? undefined : { type, key };
}

function withText<K extends string>(
  type: K,
  message: JsonObject,
): { readonly type: K; readonly text: string } | undefined {
  const text = longText(message["text"]);
  return text === undefined ? undefined : { type, text };
}

function word(value: unknown): string | undefined {
  const text = asString(value);
  return text === undefined || text.length > MOST_WORD ? undefined : text;
}

function longText(value: unknown): string | undefined {
  const text = asString(value);
  return text === undefined || text.length > MOST_TEXT ? undefined : text;
}
