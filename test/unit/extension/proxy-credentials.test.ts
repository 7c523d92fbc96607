import { describe, expect, it } from "vitest";
import { translator } from "../../../protocol/l10n/translate.ts";
import { proxyCredentials } from "../../../extension/connection/proxy-credentials.ts";
import { type Answer, scriptedPrompts, secrets } from "./fakes.ts";

const ORIGIN = "http://proxy:3128";
const ALICE = { user: "alice", password: "s3cret" };

function setUp(...answers: readonly Answer[]) {
  const heard: string[] = [];
  const storage = secrets();
  const prompts = scriptedPrompts(...answers);
  const onSecret = (value: string) => void heard.push(value);
  return {
    heard,
    storage,
    prompts,
    own: proxyCredentials({ secrets: storage, prompts, t: translator("en"), onSecret }),
  };
}
const question = { origin: ORIGIN, realm: "Big Company", isAgain: false };
const { signal } = new AbortController();

describe("the sign-in of a proxy in the secret storage", () => {
  it("is kept under the proxy's own address, and nothing of it under another", async () => {
    const { own, storage } = setUp();
    await own.keep(ORIGIN, ALICE);
    expect([...storage.values.keys()]).toEqual(["openclaw.proxy:http://proxy:3128"]);
    expect(await own.load(ORIGIN)).toEqual(ALICE);
    expect(await own.load("https://proxy:3128")).toBeUndefined();
    await own.forget(ORIGIN);
    expect(storage.values.size).toBe(0);
  });

  it("is asked for in two prompts that name the proxy, and is taken out of the log as it is and as it is sent", async () => {
    const { own, prompts, heard } = setUp("alice", "s3cret");
    expect(await own.ask(question, signal)).toEqual(ALICE);
    expect(prompts.said).toHaveLength(2);
    for (const said of prompts.said) expect(said).toContain(ORIGIN);
    expect(heard).toEqual(["s3cret", "YWxpY2U6czNjcmV0"]);
  });

  it("is nothing when either prompt is left, or when the storage holds something else", async () => {
    expect(await setUp(undefined).own.ask(question, signal)).toBeUndefined();
    expect(await setUp("alice", undefined).own.ask(question, signal)).toBeUndefined();
    const { own, storage } = setUp();
    await storage.store(`openclaw.proxy:${ORIGIN}`, "{");
    expect(await own.load(ORIGIN)).toBeUndefined();
  });
});
