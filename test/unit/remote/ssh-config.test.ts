import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SshEnvironment } from "../../../remote/ssh/config/environment.ts";
import { type SshHostConfig, resolveHostConfig } from "../../../remote/ssh/config/host-config.ts";
import { parseConfigLine } from "../../../remote/ssh/config/line.ts";
import { formatSshTarget, parseSshTarget } from "../../../remote/target/ssh-target.ts";
import { factOf, faultOf } from "./fault-of.ts";

const run = promisify(execFile);

describe("ssh_config", () => {
  let home: string;
  let environment: SshEnvironment;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "openclaw-config-"));
    await mkdir(join(home, ".ssh", "conf.d"), { recursive: true });
    const includeFrom = join(home, ".ssh");
    environment = {
      home,
      localUser: userInfo().username,
      localHost: "laptop.example",
      env: { KEYS: join(home, "keys"), SSH_AUTH_SOCK: "/run/agent.sock" },
      platform: "linux",
      configFiles: [{ path: join(includeFrom, "config"), includeFrom }],
    };
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const write = (text: string, name = "config"): Promise<void> => writeFile(join(home, ".ssh", name), text);
  const resolve = (target: string): Promise<SshHostConfig> => resolveHostConfig(parseSshTarget(target), environment);

  /** The same questions, answered by the real ssh. */
  async function asSsh(target: string): Promise<Record<string, string>> {
    const { stdout } = await run("ssh", ["-G", "-F", join(home, ".ssh", "config"), "--", target]);
    const answers = stdout.split("\n").map((line): [string, string] => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), line.slice(space + 1)];
    });
    return Object.fromEntries(answers);
  }
  const asOurs = (config: SshHostConfig): Record<string, string | undefined> => ({
    hostname: config.hostName,
    user: config.user,
    port: String(config.port),
    hostkeyalias: config.hostKeyAlias,
    identitiesonly: config.identitiesOnly ? "yes" : "no",
    hashknownhosts: config.hashKnownHosts ? "yes" : "no",
    proxyjump: config.proxyJump.length === 0 ? undefined : config.proxyJump.map(formatSshTarget).join(","),
    proxycommand: config.proxyCommand?.args.join(" "),
  });

  const FILES: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "Host with patterns and negation, first value wins",
      `User first
       Host home h?me2 *.lan !bad.lan
         HostName 192.0.2.1
         User alice
         Port 2222
       Host *
         Port 99
         HashKnownHosts yes
         IdentitiesOnly=yes`,
      ["home", "home2", "x.lan", "bad.lan", "bob@home", "other"],
    ],
    [
      "equals signs, quotes, odd case and comments",
      `host   "home"   # a comment
         HOSTNAME="192.0.2.2"
         user = "al ice"
         pOrT\t2200
       # Port 1
       Host other
         HostKeyAlias = vault`,
      ["home", "other"],
    ],
    [
      "HostName with %h",
      `Host box-*
         HostName %h.example.net
       Host pct
         HostName a%%h`.replace("a%%h", "%h.x"),
      ["box-1", "pct"],
    ],
    [
      "Match by host, original host, user and all",
      `Host alias
         HostName real.example
       Match host real.example
         Port 2201
       Match originalhost alias user carol
         HostKeyAlias carols
       Match user !carol,*
         HostKeyAlias others
       Match all
         IdentitiesOnly yes
       Match !host real.example
         Port 2209`,
      ["alias", "carol@alias", "real.example", "plain"],
    ],
    [
      "Match final sees the settled name",
      `Match final host *.example.org
         Port 2300
       Host short
         HostName long.example.org
       Match final all
         HostName never.example
         HashKnownHosts yes`,
      ["short", "other.example.org", "third"],
    ],
    [
      "ProxyJump and ProxyCommand shut each other out",
      `Host a
         ProxyJump jump1,bob@jump2:2222
         ProxyCommand nc %h %p
       Host b
         ProxyCommand nc 1 2
         ProxyJump jump1
       Host c
         ProxyJump none
       Host *
         ProxyJump last`,
      ["a", "b", "c", "d"],
    ],
  ];

  it.each(FILES)("resolves like ssh -G: %s", async (_name, text, targets) => {
    await write(text);
    for (const target of targets) {
      const theirs = await asSsh(target);
      const ours = asOurs(await resolve(target));
      for (const key of Object.keys(ours)) {
        const said = key === "proxyjump" && theirs[key] === "none" ? undefined : theirs[key];
        expect({ target, [key]: ours[key] }).toEqual({ target, [key]: said });
      }
    }
  });

  it("reads included files where they stand, and only when their block applies", async () => {
    await write("Host one\n  Port 2001\n  User one", "conf.d/10-one");
    await write("Host *\n  Port 2002", "conf.d/20-rest");
    await write("Port 1", "conf.d/.hidden");
    await write(
      `Host two\n  Include conf.d/10-*\nMatch all\n  Include ${join(home, ".ssh")}/conf.d/*\nHost *\n  HostKeyAlias after`,
    );
    expect(await resolve("one")).toMatchObject({ port: 2001, user: "one", hostKeyAlias: "after" });
    expect(await resolve("two")).toMatchObject({ port: 2002, hostKeyAlias: "after" });
    await write("Host other\n  Include conf.d/20-rest\nHost one\n  HostKeyAlias mine");
    expect(await resolve("one")).toMatchObject({ port: 22, hostKeyAlias: "mine" });
  });

  it("expands file names", async () => {
    await write(
      "Host *\n  HostName %h.example\n  Port 2222\n  User bob\n  IdentityFile ~/.ssh/%r@%h-%p\n  IdentityFile ${KEYS}/%u%%x\n  IdentityFile %d/abs\n  UserKnownHostsFile ~/a ~/b\n  IdentityAgent ~/agent.sock",
    );
    const config = await resolve("home");
    expect(config.identityFiles).toEqual([
      join(home, ".ssh/bob@home.example-2222"),
      join(home, `keys/${userInfo().username}%x`),
      join(home, "abs"),
    ]);
    expect(config.userKnownHostsFiles).toEqual([join(home, "a"), join(home, "b")]);
    expect(config.agent).toBe(join(home, "agent.sock"));
  });

  it("has OpenSSH's defaults", async () => {
    await write("");
    expect(await resolve("home")).toMatchObject({
      hostName: "home",
      port: 22,
      user: userInfo().username,
      agent: "/run/agent.sock",
      identityFiles: ["id_rsa", "id_ecdsa", "id_ed25519"].map((name) => join(home, ".ssh", name)),
      userKnownHostsFiles: [join(home, ".ssh/known_hosts"), join(home, ".ssh/known_hosts2")],
      unknownHostKey: "ask",
      proxyJump: [],
      authMethods: ["publickey", "keyboard-interactive", "password"],
    });
  });

  it.each([
    ["yes", "refuse"],
    ["ask", "ask"],
    ["accept-new", "ask"],
    ["no", "ask"],
    ["off", "ask"],
  ])("never trusts by itself: StrictHostKeyChecking %s means %s", async (value, policy) => {
    await write(`StrictHostKeyChecking ${value}`);
    expect((await resolve("home")).unknownHostKey).toBe(policy);
  });

  it.each([
    ["none", undefined],
    ["SSH_AUTH_SOCK", "/run/agent.sock"],
    ["$OTHER_SOCK", undefined],
    ["pageant", "pageant"],
    ["\\\\\\\\.\\\\pipe\\\\openssh-ssh-agent", "\\\\.\\pipe\\openssh-ssh-agent"],
  ])("IdentityAgent %s", async (value, agent) => {
    await write(`IdentityAgent ${value}`);
    expect((await resolve("home")).agent).toBe(agent);
  });

  it.each([
    ["AddressFamily inet6", { addressFamily: 6, systemOnly: undefined }],
    ["AddressFamily any\nAddressFamily inet", { addressFamily: 0, systemOnly: undefined }],
    ["CanonicalizeHostname always", { addressFamily: 0, systemOnly: "CanonicalizeHostname" }],
    ["CanonicalizeHostname no\nPKCS11Provider none", { addressFamily: 0, systemOnly: undefined }],
    ["PKCS11Provider /usr/lib/opensc-pkcs11.so", { addressFamily: 0, systemOnly: "PKCS11Provider" }],
    ["Host other\n  BindAddress 127.0.0.2\nHost *", { addressFamily: 0, systemOnly: undefined }],
  ])("knows what is wished of the way there: %s", async (text, wish) => {
    await write(text);
    expect(await resolve("home")).toMatchObject(wish);
  });

  it("sees a dead link in ten seconds whatever slower pace is configured, and sooner when asked to", async () => {
    const seenAfter = async (text: string): Promise<number> => {
      await write(text);
      const { intervalMs, countMax } = (await resolve("home")).keepalive;
      return intervalMs * (countMax + 1);
    };
    expect(await seenAfter("")).toBeLessThanOrEqual(10_000);
    expect(await seenAfter("ServerAliveInterval 60\nServerAliveCountMax 10")).toBeLessThanOrEqual(10_000);
    expect(await seenAfter("ServerAliveInterval 0")).toBeLessThanOrEqual(10_000);
    expect(await seenAfter("ServerAliveInterval 1\nServerAliveCountMax 2")).toBe(3_000);
  });

  it.each([
    ["Host x\n  User a\nMatch exec true\n  User b", 3, "Match exec"],
    ["Match localnetwork 10.0.0.0/8\n  User b", 1, "Match localnetwork is known to the system's ssh only"],
    ["AddressFamily inet7", 1, "AddressFamily inet7"],
    ["Port 0", 1, "0"],
    ["Port many", 1, "many"],
    ['\n\nUser "open', 3, "quote"],
    ["HostName -oProxyCommand=x", 1, "-oProxyCommand"],
    ["HostName %q", 1, "%q"],
    ["IdentityFile ~bob/key", 1, "~bob"],
    ["IdentityFile ${NOT_SET}/key", 1, "NOT_SET"],
    ["User", 1, "no value"],
    ["=", 1, "keyword"],
  ])("refuses %j with the line and the reason", async (text, line, word) => {
    await write(text);
    const error = await faultOf(resolve("home"));
    expect(error.code).toBe("SSH_CONFIG_INVALID");
    expect(factOf(error, "savedIn")).toBe(`${join(home, ".ssh", "config")}:${line}`);
    expect(error.message).toContain(word);
  });

  it("does not look at Match exec when an earlier criterion already failed", async () => {
    await write("Match host elsewhere exec true\n  Port 2222");
    expect((await resolve("home")).port).toBe(22);
  });

  it("refuses files that include themselves", async () => {
    await write("Include config");
    expect((await faultOf(resolve("home"))).code).toBe("SSH_CONFIG_INVALID");
  });

  it("refuses a hostile jump host", async () => {
    await write("ProxyJump -oProxyCommand=calc");
    expect((await faultOf(resolve("home"))).code).toBe("TARGET_INVALID");
  });

  it("splits any line without failing", () => {
    const result = fc.check(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = parseConfigLine(text);
        return line === undefined || "fault" in line || line.keyword !== "";
      }),
    );
    expect(result.counterexample).toBeNull();
  }, 30_000);
});
