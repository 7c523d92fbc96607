import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { ViewMessage } from "../../../protocol/webview/contract.ts";
import { readLink } from "../../../extension/chat/links.ts";
import { dispatchViewMessage, parseViewMessage } from "../../../extension/chat/view-message.ts";
import { webviewHtml } from "../../../extension/chat/webview-html.ts";

const MESSAGES: readonly ViewMessage[] = [
  { type: "ready" },
  { type: "send", clientId: "c", text: "hi" },
  { type: "stop" },
  { type: "discard", id: "q" },
  { type: "chooseModel", model: "stub/stub-1" },
  { type: "findMentions", query: "src/a" },
  { type: "pickMention", id: "file:///a" },
  { type: "retryNow" },
  { type: "connect" },
  { type: "cancelConnect" },
  { type: "errorAction", action: "enter-credential" },
  { type: "approveDevice" },
  { type: "copyDetails" },
  { type: "selectSession", key: "agent:main:main" },
  { type: "newSession" },
  { type: "renameSession", key: "agent:main:a" },
  { type: "archiveSession", key: "agent:main:a" },
  { type: "deleteSession", key: "agent:main:a" },
  { type: "loadEarlier" },
  { type: "draft", text: "" },
  { type: "copy", text: "x" },
  { type: "insertAtCursor", text: "x" },
  { type: "newFile", text: "x", language: "ts" },
  { type: "openLink", href: "https://a.example/" },
  { type: "openSettings" },
];

describe("a message of the chat page", () => {
  it.each(MESSAGES)("$type is read as it was sent, and reaches its own handler", (message) => {
    expect(parseViewMessage(structuredClone(message))).toEqual(message);
    const handlers = Object.fromEntries(MESSAGES.map(({ type }) => [type, vi.fn()]));
    dispatchViewMessage(message, handlers as never);
    for (const [type, handler] of Object.entries(handlers))
      expect(handler, type).toHaveBeenCalledTimes(type === message.type ? 1 : 0);
  });

  it.each([
    ["a type of the object prototype", { type: "toString" }],
    ["an unknown type", { type: "eval", text: "x" }],
    ["a missing field", { type: "send", text: "x" }],
    ["a field of the wrong type", { type: "send", clientId: "c", text: { toString: "x" } }],
    ["an action that no card offers", { type: "errorAction", action: "rm" }],
    ["a text without end", { type: "draft", text: "x".repeat(2_000_001) }],
    ["a search without end", { type: "findMentions", query: "x".repeat(300) }],
    ["a model that is no name", { type: "chooseModel", model: {} }],
    ["a key without end", { type: "selectSession", key: "x".repeat(5_000) }],
  ])("is refused for %s", (_why, value) => {
    expect(parseViewMessage(value)).toBeUndefined();
  });

  it("may go back to the default model", () => {
    expect(parseViewMessage({ type: "chooseModel", model: null })).toEqual({ type: "chooseModel", model: null });
  });

  it("never throws, whatever arrives", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => parseViewMessage(value)).not.toThrow();
      }),
    );
  });

  it("carries nothing that its declaration does not know", () => {
    expect(parseViewMessage({ type: "copy", text: "x", command: "y" })).toEqual({ type: "copy", text: "x" });
  });
});

describe("a link of an answer", () => {
  it("leads to the web", () => {
    expect(readLink("https://vitest.dev/a?b#c")).toEqual({ kind: "web", href: "https://vitest.dev/a?b#c" });
    expect(readLink("http://localhost:3000")).toEqual({ kind: "web", href: "http://localhost:3000/" });
  });

  it("leads to a line of a file below the workspace", () => {
    expect(readLink("src/a.ts:44")).toEqual({ kind: "file", path: "src/a.ts", line: 44 });
    expect(readLink("src/a.ts:44:7")).toEqual({ kind: "file", path: "src/a.ts", line: 44 });
    expect(readLink("src/a%20b.ts#L3-L9")).toEqual({ kind: "file", path: "src/a b.ts", line: 3 });
    expect(readLink("README.md")).toEqual({ kind: "file", path: "README.md", line: undefined });
  });

  it.each([
    "command:workbench.action.terminal.new",
    "file:///etc/passwd",
    "vscode://x.y/z",
    "javascript:alert(1)",
    "data:text/html,x",
    "/etc/passwd",
    String.raw`\\host\share`,
    "C:/windows/x",
    "../secret",
    "a/../../secret",
    "%2e%2e/secret",
    "%2Fetc/passwd",
    "a/%00b",
    "https://user:pass@host/",
    "#top",
    "",
    "%",
  ])("leads nowhere: %s", (href) => {
    expect(readLink(href)).toBeUndefined();
  });
});

describe("the page of a panel", () => {
  const page = webviewHtml({
    language: "en",
    title: "<OpenClaw>",
    nonce: "n0nce",
    cspSource: "https://src.example",
    scriptUri: "https://src.example/chat.js",
    styleUri: 'https://src.example/chat.css?"><script>',
  });

  it("lets only our own script, style and font load", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    expect(policy?.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'nonce-n0nce'",
      "style-src https://src.example",
      "font-src https://src.example",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it("has one script, with the nonce, and no markup from its values", () => {
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain('nonce="n0nce" src="https://src.example/chat.js"');
    expect(page).not.toContain("<OpenClaw>");
  });
});
