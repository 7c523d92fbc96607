import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatSshTarget, parseSshTarget } from "../../../remote/target/ssh-target.ts";
import { faultOf, takesOrRefuses } from "./fault-of.ts";

describe("an SSH target", () => {
  it.each([
    ["home", { user: undefined, host: "home", port: undefined }],
    ["alice@home", { user: "alice", host: "home", port: undefined }],
    ["alice@home:2222", { user: "alice", host: "home", port: 2222 }],
    [" alice@192.168.1.20:22 ", { user: "alice", host: "192.168.1.20", port: 22 }],
    ["alice@[2001:DB8::1]:2222", { user: "alice", host: "2001:db8::1", port: 2222 }],
    ["2001:db8::1", { user: undefined, host: "2001:db8::1", port: undefined }],
    ["ssh://alice@home:22/", { user: "alice", host: "home", port: 22 }],
    ["SSH://home", { user: undefined, host: "home", port: undefined }],
    ["alice@example.com@bastion", { user: "alice@example.com", host: "bastion", port: undefined }],
    ["my_alias-1.lan", { user: undefined, host: "my_alias-1.lan", port: undefined }],
    ["xn--bcher-kva.example", { user: undefined, host: "xn--bcher-kva.example", port: undefined }],
  ])("%s is read", (text, target) => {
    expect(parseSshTarget(text)).toEqual(target);
  });

  it.each([
    "",
    "   ",
    "-oProxyCommand=calc",
    "alice@-oProxyCommand=calc",
    "-l@home",
    "home;reboot",
    "home$(id)",
    "home`id`",
    "home|nc",
    "a b",
    "ho\nme",
    "ho\0me",
    "home\u202Egnp",
    "ho\u200Bme",
    "alice:secret@home",
    "home:0",
    "home:65536",
    "home:-1",
    "home:022",
    "home:",
    "[home]:22",
    "[::1",
    "[::1]x",
    "[fe80::1%eth0]:22",
    "ssh://home/path",
    "ssh://home?x",
    "ssh://home#x",
    "http://home",
    "file:///etc/passwd",
    "hоme.example", // Cyrillic о
    "bücher.example",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "256.1.1.1",
    "a..b",
    ".home",
    "@home",
    "alice@",
    `${"a".repeat(64)}.example`,
    "a".repeat(600),
  ])("%j is refused before any socket", async (text) => {
    const error = await faultOf(() => parseSshTarget(text));
    expect(error.code).toBe("TARGET_INVALID");
  });

  it("that is a whole command is told what to leave out", async () => {
    const { message } = await faultOf(() => parseSshTarget("ssh -p 2222 alice@home"));
    expect(message).toContain("write only user@host or user@host:port");
  });

  it("never throws anything but its own error, and never repeats an invisible character", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.webUrl(),
      fc.string().map((text) => `a@${text}:22`),
    );
    const isGood = ({ host }: { host: string }): boolean => /^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/.test(host);
    const result = fc.check(
      fc.property(texts, (text) => takesOrRefuses(() => parseSshTarget(text), isGood)),
      { numRuns: 500 },
    );
    expect(result.counterexample).toBeNull();
  }, 30_000);

  it("is written so that it is read back as the same", () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().filter((ip) => !ip.includes("%")),
    );
    const user = fc.option(fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,20}$/), { nil: undefined });
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(user, host, port, (user, host, port) => {
        const target = { user, host: host.toLowerCase(), port };
        expect(parseSshTarget(formatSshTarget(target))).toEqual(target);
      }),
    );
  });
});
