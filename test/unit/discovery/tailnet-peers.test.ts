import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listTailnetPeers, readTailnetStatus } from "../../../remote/discovery/tailnet-peers.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { parseSshTarget } from "../../../remote/target/ssh-target.ts";

const status = (...peers: readonly unknown[]) =>
  JSON.stringify({
    BackendState: "Running",
    Self: { DNSName: "me.tail1.ts.net." },
    Peer: Object.fromEntries(peers.map((peer, index) => [`nodekey:${index}`, peer])),
  });
const peer = (DNSName: unknown, more: object = {}) => ({ DNSName, OS: "linux", Online: true, ...more });
const names = (text: string) => readTailnetStatus(text).map(({ name }) => name);

describe("what tailscale status says", () => {
  it("gives the other computers that are online, by name", () => {
    const text = status(
      peer("nas.tail1.ts.net."),
      peer("desk.tail1.ts.net.", { OS: "windows" }),
      peer("off.tail1.ts.net.", { Online: false }),
      peer("ME.tail1.ts.net."),
    );
    expect(readTailnetStatus(text)).toEqual([
      { name: "desk.tail1.ts.net", os: "windows", addresses: [], hostKeys: [] },
      { name: "nas.tail1.ts.net", os: "linux", addresses: [], hostKeys: [] },
    ]);
  });

  it("gives their addresses and the fingerprints of their SSH host keys, as ssh-keygen prints them", () => {
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGNv39xMorHobp3JxtIcsR+IqhQr2peF5AmDDLg36Oke";
    const more = { TailscaleIPs: ["100.64.0.7", 7], sshHostKeys: [key, `${key} a comment`, "ssh-rsa AAAA", "x", null] };
    expect(readTailnetStatus(status(peer("nas.tail1.ts.net.", more)))).toMatchObject([
      {
        addresses: ["100.64.0.7"],
        hostKeys: Array(2).fill("SHA256:eByMh20xG3GXmQYhuvreZPxvDn7cZ5X5cxBuoBQO9J0"),
      },
    ]);
  });

  it.each([
    "-oProxyCommand=x.ts.net",
    "root@nas.ts.net",
    "nas.ts.net:22",
    "nas.ts.net/path",
    "nas.ts.net?token=x",
    "n\u202eas.ts.net",
    "a\nb.ts.net",
    "",
    ".",
    7,
    null,
  ])("leaves out a name that is %j", (name) => {
    expect(names(status(peer(name), peer("nas.tail1.ts.net")))).toEqual(["nas.tail1.ts.net"]);
  });

  it("is nothing when Tailscale is stopped, and never a flood", () => {
    expect(names(status(peer("nas.ts.net")).replace("Running", "Stopped"))).toEqual([]);
    expect(names(status(...Array.from({ length: 5_000 }, (_, index) => peer(`n${index}.ts.net`))))).toHaveLength(100);
  });

  it("makes an odd system's name printable", () => {
    expect(readTailnetStatus(status(peer("nas.ts.net", { OS: `li\u202e\n${"x".repeat(500)}` })))[0]?.os).toMatch(
      /^[\x20-\x7e…]{1,20}$/,
    );
  });

  it("gives only what both parsers take as it stands, whatever it says", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.domain(), fc.jsonValue())), (found) => {
        for (const name of names(status(...found.map((each) => peer(each))))) {
          expect(parseSshTarget(name)).toEqual({ user: undefined, host: name, port: undefined });
          expect(parseGatewayUrl(`wss://${name}`).host).toBe(name);
        }
      }),
    );
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void names(text)));
  });
});

describe.skipIf(process.platform === "win32")("the tailscale command", () => {
  let home = "";
  beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), "tailnet-"))));
  afterEach(() => rm(home, { recursive: true, force: true }));
  const install = async (script: string) => {
    await writeFile(join(home, "tailscale"), `#!/bin/sh\n${script}\n`);
    await chmod(join(home, "tailscale"), 0o755);
  };
  const list = (path = home, signal = new AbortController().signal) =>
    listTailnetPeers({ env: { PATH: path }, home, platform: "linux" }, signal);

  it("is run with fixed arguments, at home", async () => {
    await install('echo "$PWD $*" > ran; while read -r line; do echo "$line"; done < status.json');
    await writeFile(join(home, "status.json"), `${status(peer("nas.tail1.ts.net."))}\n`);
    expect(await list()).toMatchObject([{ name: "nas.tail1.ts.net", os: "linux" }]);
    expect(await readFile(join(home, "ran"), "utf8")).toBe(`${home} status --json\n`);
  });

  it("is not taken from a folder that depends on where one stands", async () => {
    await install("echo > ran");
    expect(await list(`:${relative(process.cwd(), home)}`)).toEqual([]);
    expect(existsSync(join(home, "ran"))).toBe(false);
  });

  it.each([
    ["fails", "exit 1"],
    ["says no JSON", "echo hello"],
    ["never stops talking", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"],
    ["hangs", "exec sleep 60"],
  ])("gives nothing when it %s", async (_how, script) => {
    await install(script);
    expect(await list()).toEqual([]);
  });

  it("leaves no process when the list closes", async () => {
    await install("echo $$ > ran; exec sleep 60");
    const closed = new AbortController();
    const listed = list(home, closed.signal);
    const pid = () => Number(existsSync(join(home, "ran")) ? readFileSync(join(home, "ran"), "utf8") : "");
    await expect.poll(pid, { timeout: 10_000 }).toBeGreaterThan(0);
    closed.abort();
    expect(await listed).toEqual([]);
    await expect.poll(() => existsSync(`/proc/${pid()}/exe`), { timeout: 10_000 }).toBe(false);
  });
});
