import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { parseDotenv } from "../../../remote/onboarding/dotenv.ts";
import { type GatewayAuthSource, readGatewayAuth } from "../../../remote/onboarding/gateway-auth.ts";
import { anyText } from "./any-text.ts";

const SECRET = "s3cret-of-the-gateway";
const read = (text: string, more: Partial<GatewayAuthSource> = {}) =>
  readGatewayAuth({ host: "alice@home", path: "/h/.openclaw/openclaw.json", text, env: [], ...more });
const failure = (work: () => unknown): ConnectError => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  return expect.fail("it did not fail");
};

describe("a Gateway's credential in its config", () => {
  it.each([
    ["a plain token", `{gateway: {auth: {mode: "token", token: "${SECRET}"}}} // JSON5`, { token: SECRET }],
    ["a token without a mode", `{"gateway":{"auth":{"token":"${SECRET}"}}}`, { token: SECRET }],
    ["a plain password", `{gateway: {auth: {password: '${SECRET}'}}}`, { password: SECRET }],
    [
      "the one of two that the mode names",
      `{gateway:{auth:{mode:"password",token:"t",password:"${SECRET}"}}}`,
      { password: SECRET },
    ],
    ["nothing, when nothing is asked", '{gateway: {auth: {mode: "none", token: "x"}}}', {}],
    ["the literal text of an escaped place", '{gateway:{auth:{token:"$${NAME}x"}}}', { token: "${NAME}x" }],
    [
      "a variable of the config itself",
      `{env:{vars:{T:"${SECRET}"}},gateway:{auth:{token:"\${T}"}}}`,
      { token: SECRET },
    ],
  ])("is %s", (_what, text, credential) => {
    expect(read(text).credential).toEqual(credential);
  });

  it.each(['"${THE_TOKEN}"', '"$THE_TOKEN"', '{source:"env",provider:"default",id:"THE_TOKEN"}'])(
    "is found in the .env beside it, as %s",
    (token) => {
      const env = [parseDotenv(`THE_TOKEN=${SECRET}\n`), new Map([["THE_TOKEN", "later"]])];
      expect(read(`{gateway:{auth:{token:${token}}}}`, { env }).credential).toEqual({ token: SECRET });
    },
  );

  it("is OpenClaw's own variable, or the token that the Gateway made, when the config names none", () => {
    const env = [parseDotenv(`OPENCLAW_GATEWAY_TOKEN="${SECRET}"`)];
    expect(read("", { env }).credential).toEqual({ token: SECRET });
    expect(read("{}", { ownToken: "made" }).credential).toEqual({ token: "made" });
  });

  it.each([
    ["${MISSING}", "MISSING"],
    ["$MISSING", "MISSING"],
    ['{source:"exec",provider:"vault",id:"a/b"}', "exec"],
    ['{source:"file",provider:"main",id:"/a"}', "file"],
    ['{source:"store",provider:"default",id:"A"}', "store"],
  ])("is said to be elsewhere when it is %s", (token, word) => {
    const written = token.startsWith("{") ? token : JSON.stringify(token);
    const error = failure(() => read(`{gateway:{auth:{token:${written}}}}`));
    expect(error.code).toBe("SECRET_UNRESOLVED");
    expect(error.message).toContain(word);
  });

  it("is not guessed: no token, a proxy, an included file", () => {
    expect(failure(() => read("{}"))).toMatchObject({ code: "SECRET_UNRESOLVED" });
    expect(failure(() => read('{gateway:{auth:{mode:"trusted-proxy"}}}'))).toMatchObject({ code: "SECRET_UNRESOLVED" });
    expect(failure(() => read('{"$include":"./x.json"}')).message).toContain("includes");
    expect(failure(() => read('{gateway:{auth:{"$include":"./x.json"}}}')).code).toBe("REMOTE_CONFIG_UNREADABLE");
    expect(failure(() => read('{gateway:{auth:{token:"line\\nline"}}}')).code).toBe("SECRET_UNRESOLVED");
  });

  it("is read from a config that is cut off at any byte only when it is whole, and no failure tells it", () => {
    const text = `{gateway: {port: 1, auth: {mode: "token", token: "${SECRET}"}}}`;
    for (let length = 1; length < text.length; length++) {
      const error = failure(() => read(text.slice(0, length)));
      expect(error.code, `cut at ${length}`).toBe("REMOTE_CONFIG_UNREADABLE");
      expect(JSON.stringify([error.message, error.facts])).not.toContain(SECRET);
    }
  });

  it("is a credential or a typed failure, whatever the file holds", () => {
    const json = fc.record(
      { gateway: fc.record({ auth: fc.jsonValue(), port: fc.jsonValue() }), env: fc.jsonValue() },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      json.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (written) => {
        try {
          const { token, password } = read(written).credential;
          expect(typeof (token ?? password ?? "")).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("does not come from the prototype of an object", () => {
    expect(failure(() => read('{"__proto__":{"gateway":{"auth":{"token":"x"}}}}')).code).toBe("SECRET_UNRESOLVED");
  });
});

describe("a .env file", () => {
  it.each([
    ["A=1", "1"],
    ["  export A = 1 ", "1"],
    ["A: 1", "1"],
    ["A=1 # comment", "1"],
    ["A=", ""],
    ["A='1 # 2'", "1 # 2"],
    ['A="1\\n2"', "1\n2"],
    ["A='1\\n2'", "1\\n2"],
    ['A="1\n2"', "1\n2"],
    ["A=`1\"'2`", "1\"'2"],
    ["A=0\nA=1", "1"],
    ["# x\r\nB=2\r\nA=1\r\n", "1"],
    ['A="unclosed', '"unclosed'],
    ["not a line\nA=1", "1"],
  ])("%j gives %j", (text, value) => {
    expect(parseDotenv(text).get("A")).toBe(value);
  });

  it("is read to its end, whatever it holds", () => {
    fc.assert(fc.property(anyText, (text) => void parseDotenv(text)));
    fc.assert(
      fc.property(fc.stringMatching(/^[\w.\-/+=]{1,40}$/), (value) => {
        expect(parseDotenv(`X='it'\nTOKEN=${value}\nY=2`).get("TOKEN")).toBe(value);
      }),
    );
  });
});
