import { describe, expect, it } from "vitest";
import { readConnectionWish, CONNECTION_OPTIONS } from "../../../sidecar/cli/connection-options.ts";
import { parseArguments } from "../../../sidecar/cli/flags.ts";
import { readCall } from "../../../sidecar/cli/commands/gateway-call.ts";

const specs = [...CONNECTION_OPTIONS, { name: "params", value: "JSON", help: "" }, { name: "help", help: "" }];
const parse = (...argv: string[]) => parseArguments(argv, specs);
const wish = (...argv: string[]) => readConnectionWish(parse(...argv));

describe("the command line", () => {
  it("takes a value after a blank or after an equals sign", () => {
    expect(parse("--url", "ws://a").options.get("url")).toBe("ws://a");
    expect(parse("--url=ws://a?b=c").options.get("url")).toBe("ws://a?b=c");
  });

  it("keeps operands in order, and takes everything after -- for one", () => {
    expect(parse("one", "--json", "two", "--", "--three").positionals).toEqual(["one", "two", "--three"]);
  });

  it("takes a negative number and a lone dash for a value where one is due", () => {
    expect(parse("--token", "-secret").options.get("token")).toBe("-secret");
    expect(parse("-").positionals).toEqual(["-"]);
  });

  it("names an unknown option and the one that was meant", () => {
    expect(() => parse("--tokn", "x")).toThrow("Unknown option --tokn; did you mean --token?");
    expect(() => parse("--zebra")).toThrow("Unknown option --zebra; see --help.");
    expect(() => parse("-x")).toThrow("Unknown option -x");
  });

  it("never repeats the value of an option that it does not know: it may be a secret", () => {
    expect(() => parse("--tokn=hunter2")).toThrow(/^(?!.*hunter2)/);
  });

  it("says which value is missing", () => {
    expect(() => parse("--url")).toThrow("--url needs a value: --url URL.");
    expect(() => parse("--url=")).toThrow("--url needs a value: --url URL.");
    expect(() => parse("--json=yes")).toThrow("--json takes no value.");
  });
});

describe("where to and how long", () => {
  it("waits ten seconds when nothing is said", () => {
    expect(wish().timeoutMs).toBe(10_000);
  });

  it.each(["0", "-1", "1.5", "1e3", "abc", "600001", "99999999999", " 5"])("refuses the timeout %j", (text) => {
    expect(() => wish(`--timeout=${text}`)).toThrow(/is no time: use whole milliseconds from 1 to 600000/);
  });

  it("takes one target only", () => {
    expect(() => wish("--url", "ws://a", "--ssh", "b")).toThrow("Give either --url or --ssh, not both.");
  });

  it.each(["0", "65536", "abc", "-1"])("refuses the port %j", (text) => {
    expect(() => wish("--ssh", "host", `--port=${text}`)).toThrow(/is no port/);
  });

  it("keeps --port for --ssh", () => {
    expect(wish("--ssh", "host", "--port", "1234").port).toBe(1234);
    expect(() => wish("--url", "ws://a", "--port", "1234")).toThrow(/--port goes with --ssh/);
  });
});

describe("gateway call", () => {
  const call = (...argv: string[]) => readCall(parse(...argv));

  it("sends an empty object when there are no parameters", () => {
    expect(call("health")).toEqual({ method: "health", params: {} });
  });

  it("takes parameters as JSON", () => {
    expect(call("sessions.list", "--params", '{"limit":5}')).toEqual({ method: "sessions.list", params: { limit: 5 } });
  });

  it("says where JSON is broken", () => {
    expect(() => call("x", "--params", "{limit:5}")).toThrow(/^--params is not JSON \(.*position 1/);
  });

  it.each(["[]", "5", '"x"', "null", "true"])("wants an object, not %s", (text) => {
    expect(() => call("x", "--params", text)).toThrow(/must be a JSON object/);
  });

  it("wants one method with a method's name", () => {
    expect(() => call()).toThrow(/needs a METHOD/);
    expect(() => call("a", "b")).toThrow(/"b" is too much/);
    expect(() => call("../x")).toThrow(/is no method name/);
  });
});
