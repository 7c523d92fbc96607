import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFailure } from "../../../protocol/errors/failure.ts";
import { failureText } from "../../../protocol/l10n/failure-text.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import {
  canRunSidecar,
  chooseNode,
  isSafeSqlite,
  parseNodeCandidate,
} from "../../../remote/onboarding/node-candidates.ts";
import { nodeForSidecar } from "../../../remote/onboarding/node-for-sidecar.ts";
import { readProbe } from "../../../remote/onboarding/probe-host.ts";
import { isSafeSqlite as sidecarsRule } from "../../../sidecar/store/database.ts";

const node = (line: string) => parseNodeCandidate(line) ?? expect.fail(`no candidate: ${line}`);

describe("the Node that is to run the sidecar", () => {
  it("is read from the probe's line, also with a blank in its path", () => {
    expect(node("fnm 24.21.0 3.53.0 /h/a b/Library/Application Support/fnm/bin/node")).toEqual({
      source: "fnm",
      version: "24.21.0",
      sqlite: "3.53.0",
      path: "/h/a b/Library/Application Support/fnm/bin/node",
    });
    expect(node("nvm 20.1.0 - /n/node").sqlite).toBeUndefined();
  });

  it.each([
    "",
    "nvm 24.21.0 /n",
    "moon 24.21.0 3.53.0 /n",
    "nvm 24 3.53.0 /n",
    "nvm 24.21.0 3.53.0 relative",
    "path v24.1.0 3.5.0 /n",
  ])("is not %j", (line) => expect(parseNodeCandidate(line)).toBeUndefined());

  it("comes from the most lasting place, and from there the newest", () => {
    const lines = [
      "vscode-server 26.1.0 3.53.0 /vs/node",
      "nvm 24.16.0 3.53.0 /nvm/24.16/node",
      "nvm 24.21.0 3.53.0 /nvm/24.21/node",
      "nvm 24.3.0 3.53.0 /nvm/24.3/node",
      "path 20.20.2 3.53.0 /usr/bin/node",
    ];
    expect(chooseNode(lines.map(node))?.path).toBe("/nvm/24.21/node");
    expect(chooseNode(lines.map(node).filter(({ source }) => source !== "nvm"))?.path).toBe("/vs/node");
  });

  it("is new enough and has a SQLite that the sidecar takes", () => {
    expect(canRunSidecar(node("path 22.18.9 3.53.0 /n"))).toBe(false);
    expect(canRunSidecar(node("path 22.19.0 3.50.7 /n"))).toBe(true);
    expect(canRunSidecar(node("path 22.19.0 3.50.4 /n"))).toBe(false);
    expect(canRunSidecar(node("path 22.19.0 - /n"))).toBe(false);
    expect(chooseNode([])).toBeUndefined();
  });

  it("is judged by the sidecar's own rule about SQLite", () => {
    const number = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(number, number, (minor, patch) => {
        const version = `3.${minor}.${patch}`;
        expect(isSafeSqlite(version), version).toBe(sidecarsRule(version));
      }),
      {
        numRuns: 500,
        examples: [
          [51, 2],
          [51, 3],
          [52, 0],
          [50, 6],
          [50, 7],
          [44, 6],
          [44, 5],
        ],
      },
    );
  });
});

describe("a host without a Node that fits", () => {
  const failureOf = (nodes: string[], os = "Linux"): unknown => {
    const probe = {
      ...readProbe({ all: () => [], first: () => "/h", file: () => undefined }, "alice@home"),
      gateways: [],
    };
    try {
      return nodeForSidecar({ ...probe, os, nodes: nodes.map(node) });
    } catch (error) {
      return error;
    }
  };

  it("is told what was found, and how to install one", () => {
    const error = failureOf(["path 20.20.2 3.46.0 /usr/bin/node"]);
    expect(error).toMatchObject({ code: "NODE_NOT_FOUND", message: expect.stringContaining("20.20.2 (path)") });
    expect(failureText(translator("en"), toFailure(error)).remedy).toMatch(/fnm install 24$/);
    expect(failureText(translator("en"), toFailure(failureOf([], "Darwin"))).remedy).toMatch(/brew install node$/);
  });
});
