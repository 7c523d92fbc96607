import { describe, expect, it } from "vitest";
import {
  either,
  fits,
  flag,
  integer,
  list,
  nonEmpty,
  nullable,
  object,
  oneOf,
  text,
} from "../../../sidecar/gateway/schema.ts";
import { readFrame } from "../../../sidecar/gateway/wire.ts";

const schema = object(
  { name: nonEmpty, limit: integer({ min: 1, max: 10 }) },
  {
    mode: oneOf(["a", "b"]),
    tags: list(text({ max: 3 }), { max: 2 }),
    label: nullable(text({ min: 1 })),
    archived: either(flag, oneOf(["all"])),
    inner: object({ id: nonEmpty }, {}),
  },
);

describe("a schema", () => {
  it.each([
    [{ name: "x", limit: 1 }, undefined],
    [{ name: "x", limit: 10, mode: "a", tags: ["abc"], label: null, archived: "all", inner: { id: "1" } }, undefined],
    [{ limit: 1 }, "must have required property 'name'"],
    [{ name: "", limit: 1 }, "at /name: must not have fewer than 1 characters"],
    [{ name: "x", limit: 0 }, "at /limit: must be >= 1"],
    [{ name: "x", limit: 11 }, "at /limit: must be <= 10"],
    [{ name: "x", limit: 1.5 }, "at /limit: must be integer"],
    [{ name: "x", limit: "1" }, "at /limit: must be integer"],
    [{ name: "x", limit: 1, bogus: 1 }, "at root: unexpected property 'bogus'"],
    [{ name: "x", limit: 1, inner: { id: "1", more: 1 } }, "at /inner: unexpected property 'more'"],
    [{ name: "x", limit: 1, inner: {} }, "at /inner: must have required property 'id'"],
    [{ name: "x", limit: 1, mode: "c" }, "at /mode: must be equal to one of the allowed values"],
    [{ name: "x", limit: 1, tags: ["abcd"] }, "at /tags/0: must not have more than 3 characters"],
    [{ name: "x", limit: 1, tags: ["a", "b", "c"] }, "at /tags: must not have more than 2 items"],
    [{ name: "x", limit: 1, tags: { 0: "a" } }, "at /tags: must be array"],
    [{ name: "x", limit: 1, label: "" }, "at /label: must not have fewer than 1 characters"],
    [{ name: "x", limit: 1, archived: "some" }, "at /archived: must be boolean"],
    [null, "must be object"],
    [[], "must be object"],
  ])("says of %j: %s", (value, problem) => {
    expect(schema.problem(value, "")).toBe(problem);
    expect(fits(schema, value)).toBe(problem === undefined);
  });

  it("does not take what an object inherits for a property of it", () => {
    const inherited: unknown = Object.create({ name: "x", limit: 1 });
    expect(schema.problem(inherited, "")).toBe("must have required property 'name'");
  });

  it("treats __proto__ in JSON as the unknown property that it is", () => {
    const hostile: unknown = JSON.parse('{"name":"x","limit":1,"__proto__":{"admin":true}}');
    expect(schema.problem(hostile, "")).toBe("at root: unexpected property '__proto__'");
  });
});

describe("a frame", () => {
  it("is a request when it has a type, an id and a method", () => {
    expect(readFrame('{"type":"req","id":"1","method":"health","params":{"a":1}}')).toEqual({
      kind: "request",
      frame: { id: "1", method: "health", params: { a: 1 } },
    });
  });

  it.each([["not json"], [""], ["{"], ['{"type":']])("is noise when it is no JSON: %j", (data) => {
    expect(readFrame(data)).toEqual({ kind: "noise" });
  });

  it("keeps the id of a malformed request, so that its sender hears which one it was", () => {
    expect(readFrame('{"type":"req","id":"7"}')).toMatchObject({ kind: "malformed", id: "7", isRequest: true });
    expect(readFrame('{"type":"req","method":"x"}')).toMatchObject({ kind: "malformed", id: "invalid" });
    expect(readFrame("[]")).toMatchObject({ kind: "malformed", id: "invalid", isRequest: false });
  });
});
