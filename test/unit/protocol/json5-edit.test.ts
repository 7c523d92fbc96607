import fc from "fast-check";
import JSON5 from "json5";
import { describe, expect, it } from "vitest";
import { type JsonValue, editJson5 } from "../../../protocol/json5/edit.ts";
import { type ValueSpan, scanJson5 } from "../../../protocol/json5/scan.ts";

const WRITTEN = `// who listens
{
  gateway: {
    port: 18789, // the usual one
    controlUi: { allowedOrigins: ["http://a.example"] },
  },
}
`;

describe("editing a JSON5 text", () => {
  it("replaces a list and leaves every other byte alone", () => {
    const path = ["gateway", "controlUi", "allowedOrigins"];
    const edited = editJson5(WRITTEN, [{ path, value: [] }]);
    expect(edited).toBe(WRITTEN.replace('["http://a.example"]', "[]"));
  });

  it("sets true, false and null, which are no removals", () => {
    const changes = [
      { path: ["gateway", "on"], value: true },
      { path: ["gateway", "off"], value: false },
      { path: ["gateway", "none"], value: null },
    ];
    expect(JSON5.parse(editJson5(WRITTEN, changes))).toMatchObject({ gateway: { on: true, off: false, none: null } });
  });

  it("writes a new object over several lines, indented as its neighbours", () => {
    const edited = editJson5(WRITTEN, [
      { path: ["gateway", "auth"], value: { mode: "token", rateLimit: { windowMs: 1 } } },
    ]);
    expect(edited).toContain(
      '    auth: {\n      "mode": "token",\n      "rateLimit": {\n        "windowMs": 1\n      }\n    },',
    );
    expect(edited).toContain("// the usual one");
  });

  it("writes a new object on one line where everything is on one line", () => {
    const edited = editJson5('{"a":{"b":1}}', [{ path: ["c"], value: { d: [1, 2] } }]);
    expect(edited).toBe('{"a":{"b":1}, "c": {"d":[1,2]}}');
  });

  it("means what it was asked to mean, for any value", () => {
    const value = fc.jsonValue().map((any) => structuredClone(any) as JsonValue);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), value, (key, set) => {
        const edited = editJson5(WRITTEN, [{ path: ["gateway", key], value: set }]);
        const gateway = JSON5.parse<{ gateway: Record<string, unknown> }>(edited).gateway;
        expect(JSON.stringify(Object.getOwnPropertyDescriptor(gateway, key)?.value)).toBe(JSON.stringify(set));
      }),
      { numRuns: 300 },
    );
  });
});

describe("scanning a JSON5 text", () => {
  it("knows the items of lists", () => {
    const root = scanJson5('{ a: [1, {b: "x"}, [2]] }');
    expect(root.members?.[0]?.value.items).toHaveLength(3);
    expect(root.members?.[0]?.value.items?.[1]?.members?.[0]?.key).toBe("b");
  });

  it.each([
    ["'\\u0061'", "a"],
    ["'\\x61b'", "ab"],
    ["'a\\\n b'", "a b"],
    ["'a\\\r\nb'", "ab"],
    ["'tab\\tkey'", "tab\tkey"],
    ["'it\\'s'", "it's"],
    ["'\\q'", "q"],
  ])("reads the key %j as JSON5 does", (written, key) => {
    const text = `{${written}: 1}`;
    expect(Object.keys(JSON5.parse<object>(text))).toEqual([key]);
    expect(keysOf(scanJson5(text))).toEqual([key]);
  });
});

const keysOf = (span: ValueSpan): string[] => (span.members ?? []).map(({ key }) => key);
