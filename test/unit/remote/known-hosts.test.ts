import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fingerprintOf } from "../../../remote/ssh/key-blob.ts";
import {
  appendKnownHost,
  isAbout,
  knownHostName,
  parseKnownHosts,
  readKnownHosts,
} from "../../../remote/ssh/known-hosts/known-hosts-file.ts";
import { judgeHostKey, knownKeyTypes } from "../../../remote/ssh/known-hosts/verdict.ts";
import { fingerprint, makeKey, publicPart } from "../../support/sshd.ts";
import { factOf, faultOf } from "./fault-of.ts";

const run = promisify(execFile);

describe("known hosts", () => {
  let directory: string;
  let mine: { line: string; blob: Buffer; file: string };
  let other: { line: string; blob: Buffer; file: string };
  let ecdsa: { line: string; blob: Buffer; file: string };

  const key = async (name: string, type: "ed25519" | "ecdsa") => {
    const file = await makeKey(join(directory, name), { type });
    const line = publicPart(await readFile(`${file}.pub`, "utf8"));
    return { line, blob: Buffer.from(line.split(" ")[1] ?? "", "base64"), file };
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-known-"));
    [mine, other, ecdsa] = await Promise.all([key("mine", "ed25519"), key("other", "ed25519"), key("ecdsa", "ecdsa")]);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const judge = (text: string, place: { host?: string; port?: number; alias?: string } = {}, blob = mine.blob) => {
    const { host = "home", port = 22, alias } = place;
    const verdict = judgeHostKey(parseKnownHosts(text, "f"), { host, port, alias }, blob);
    return verdict.kind === "unknown" ? "unknown" : `${verdict.kind} ${verdict.entry.savedIn}`;
  };

  it("knows a host by name, list, pattern and [host]:port", () => {
    expect(judge(`home ${mine.line}`)).toBe("known f:1");
    expect(judge(`# a comment\n\nother,HOME,10.0.0.1 ${mine.line} somebody@somewhere`)).toBe("known f:3");
    expect(judge(`*.example ${mine.line}`, { host: "a.b.example" })).toBe("known f:1");
    expect(judge(`h?me ${mine.line}`)).toBe("known f:1");
    expect(judge(`[home]:2222 ${mine.line}`, { port: 2222 })).toBe("known f:1");
    expect(judge(`[home]:2222 ${mine.line}`, { port: 2223 })).toBe("unknown");
    expect(judge(`[2001:db8::1]:2222 ${mine.line}`, { host: "2001:db8::1", port: 2222 })).toBe("known f:1");
    expect(judge(`vault ${mine.line}`, { alias: "Vault", port: 2222 })).toBe("known f:1");
  });

  it("lets a negated pattern take a host out", () => {
    expect(judge(`*.example,!bad.example ${mine.line}`, { host: "good.example" })).toBe("known f:1");
    expect(judge(`*.example,!bad.example ${mine.line}`, { host: "bad.example" })).toBe("unknown");
    expect(judge(`!bad.example ${mine.line}`, { host: "good.example" })).toBe("unknown");
  });

  it("takes the key of port 22 for another port, but not its difference", () => {
    expect(judge(`home ${mine.line}`, { port: 2222 })).toBe("known f:1");
    expect(judge(`home ${other.line}`, { port: 2222 })).toBe("unknown");
  });

  it("calls a different key changed, of whatever type, and names the line", () => {
    expect(judge(`home ${other.line}`)).toBe("changed f:1");
    expect(judge(`home ${ecdsa.line}\nhome ${other.line}`)).toBe("changed f:2");
    expect(judge(`home ${ecdsa.line}`)).toBe("changed f:1");
    expect(judge(`home ${other.line}\nhome ${mine.line}`)).toBe("known f:2");
  });

  it("puts a revoked key before everything else", () => {
    expect(judge(`home ${mine.line}\n@revoked * ${mine.line}`)).toBe("revoked f:2");
    expect(judge(`@revoked home ${other.line}`)).toBe("unknown");
    expect(judge(`@revoked elsewhere ${mine.line}\nhome ${mine.line}`)).toBe("known f:2");
  });

  it("does not take a certificate authority for a host's own key", () => {
    expect(judge(`@cert-authority * ${mine.line}`)).toBe("unknown");
    expect(judge(`@cert-authority * ${other.line}`)).toBe("unknown");
  });

  it("passes over what it cannot understand", () => {
    const broken = [
      "home",
      "home ssh-ed25519",
      `home ssh-rsa ${mine.blob.toString("base64")}`,
      `@new home ${mine.line}`,
      "|1|x home y",
    ];
    expect(judge(broken.join("\n"))).toBe("unknown");
  });

  it("finds what ssh-keygen has hashed, and hashes so that ssh-keygen finds it", async () => {
    const file = join(directory, "hashed");
    await writeFile(file, `home,10.0.0.1 ${mine.line}\n[home]:2222 ${other.line}\n`);
    await run("ssh-keygen", ["-q", "-H", "-f", file]);
    const text = await readFile(file, "utf8");
    expect(text).not.toContain("home");
    expect(judge(text)).toMatch(/^known/);
    expect(judge(text, { host: "10.0.0.1" })).toMatch(/^known/);
    expect(judge(text, { port: 2222 })).toMatch(/^changed/);

    await appendKnownHost(file, { name: knownHostName("Away", 2200), key: mine.blob, style: "hashed" });
    const { stdout } = await run("ssh-keygen", ["-F", "[away]:2200", "-f", file]);
    expect(stdout).toContain(mine.line);
  });

  it("adds a line to a file that ends in the middle of one, and makes the missing directory for its owner alone", async () => {
    const file = join(directory, "new", ".ssh", "known_hosts");
    await appendKnownHost(file, { name: "home", key: mine.blob, style: "plain" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "new", ".ssh"))).mode & 0o777).toBe(0o700);
    await writeFile(file, `home ${mine.line}`);
    await appendKnownHost(file, { name: "away", key: other.blob, style: "plain" });
    expect(await readFile(file, "utf8")).toBe(`home ${mine.line}\naway ${other.line}\n`);
  });

  it("writes no key twice that another window has remembered meanwhile", async () => {
    const file = join(directory, "twice");
    await writeFile(file, `@revoked home ${other.line}\nhome,away ${mine.line}\n`);
    const before = await readFile(file, "utf8");
    await appendKnownHost(file, { name: "home", key: mine.blob, style: "hashed" });
    expect(await readFile(file, "utf8")).toBe(before);
    await appendKnownHost(file, { name: "home", key: other.blob, style: "plain" });
    expect(await readFile(file, "utf8")).toBe(`${before}home ${other.line}\n`);
  });

  it("loses no line when many append at once", async () => {
    const file = join(directory, "many");
    const names = Array.from({ length: 20 }, (_each, index) => `host-${index}`);
    await Promise.all(names.map((name) => appendKnownHost(file, { name, key: mine.blob, style: "plain" })));
    const entries = await readKnownHosts([file]);
    expect(names.filter((name) => !entries.some((entry) => isAbout(entry, name)))).toEqual([]);
  });

  it("reads nothing from a file that is not there, and refuses one that cannot be read", async () => {
    expect(await readKnownHosts([join(directory, "nowhere", "x")])).toEqual([]);
    const error = await faultOf(readKnownHosts([directory]));
    expect(error.code).toBe("KNOWN_HOSTS_UNREADABLE");
    expect(factOf(error, "savedIn")).toBe(directory);
  });

  it("names the key types that are known, for the order of the host key algorithms", () => {
    const entries = parseKnownHosts(`home ${ecdsa.line}\n@revoked home ${other.line}`, "f");
    expect([...knownKeyTypes(entries, { host: "home", port: 22, alias: undefined })]).toEqual(["ecdsa-sha2-nistp256"]);
    expect([...knownKeyTypes(entries, { host: "home", port: 2222, alias: undefined })]).toEqual([
      "ecdsa-sha2-nistp256",
    ]);
  });

  it("prints fingerprints as ssh-keygen does", async () => {
    expect(fingerprintOf(mine.blob)).toBe(await fingerprint(`${mine.file}.pub`));
    expect(fingerprintOf(ecdsa.blob)).toBe(await fingerprint(`${ecdsa.file}.pub`));
  });

  it("takes any bytes without failing", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((text) => `${text} ${mine.line}`),
    );
    const result = fc.check(fc.property(texts, (text) => judge(text).length > 0));
    expect(result.counterexample).toBeNull();
  }, 30_000);
});
