import type { Client } from "ssh2";
import { describe, expect, it } from "vitest";
import { followMethodsLeft } from "../../../remote/ssh/session/methods-left.ts";

/** As much of a client of ssh2 as is looked at. */
function client(handlers: object) {
  return { _protocol: { _handlers: handlers } } as unknown as Client;
}

describe("what a server still takes", () => {
  it("is what its latest answer says, and ssh2 hears of that too", () => {
    const heard: unknown[][] = [];
    const handlers = { USERAUTH_FAILURE: (...args: unknown[]) => void heard.push(args) };
    const left = followMethodsLeft(client(handlers));
    expect(left()).toBeUndefined();
    handlers.USERAUTH_FAILURE("protocol", ["publickey"], false);
    expect(left()).toEqual({ methods: ["publickey"], isPartial: false });
    handlers.USERAUTH_FAILURE("protocol", ["keyboard-interactive"], true);
    expect(left()).toEqual({ methods: ["keyboard-interactive"], isPartial: true });
    // A method that could not be tried at all brings no answer: no further part was taken.
    expect(left()).toEqual({ methods: ["keyboard-interactive"], isPartial: false });
    expect(heard).toHaveLength(2);
  });

  it("is not known where ssh2 looks otherwise than expected", () => {
    expect(followMethodsLeft(client({}))()).toBeUndefined();
    expect(followMethodsLeft({} as Client)()).toBeUndefined();
  });
});
