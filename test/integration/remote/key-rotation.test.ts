import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import { connectSsh } from "../../../remote/ssh/session/connect-ssh.ts";
import { type Sshd, publicPart, startSshd } from "../../support/sshd.ts";
import { faultOf } from "../../unit/remote/fault-of.ts";
import { environmentOf, newClimb, prompts } from "./lab.ts";

/** Long enough for what must not come. */
const QUIET_MS = 500;

describe("a server that has several host keys", () => {
  let sshd: Sshd;
  let keys: readonly string[];
  beforeEach(async () => {
    sshd = await startSshd({ hostKeys: ["ed25519", "ecdsa", "rsa"] });
    keys = await Promise.all(sshd.hostKeyFiles.map(async (file) => publicPart(await readFile(`${file}.pub`, "utf8"))));
  });
  afterEach(() => sshd.stop());

  const place = (): string => `[127.0.0.1]:${sshd.port}`;
  const known = (): Promise<string> => readFile(sshd.knownHostsFile, "utf8");
  const know = (...lines: readonly string[]) =>
    writeFile(sshd.knownHostsFile, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  async function connect(config = "") {
    const extra = join(sshd.directory, "extra-config");
    await writeFile(extra, `${config}\n`);
    const base = environmentOf(sshd);
    return connectSsh({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(),
      memory: new AuthMemory(),
      context: newClimb({ interactive: false }).context,
      environment: { ...base, configFiles: [{ path: extra, includeFrom: sshd.directory }, ...base.configFiles] },
    });
  }

  it("is known by all of them once it has proved that they are its own, and may change to any", async () => {
    const session = await connect();
    await expect.poll(async () => (await known()).trim().split("\n").length).toBe(3);
    expect((await known()).trim().split("\n").sort()).toEqual(keys.map((key) => `${place()} ${key}`).sort());
    session.dispose();

    // The old key is gone, as after a reinstallation that kept only another one.
    const kept = await mkdtemp(join(tmpdir(), "openclaw-kept-key-"));
    const file = join(kept, "ecdsa");
    await copyFile(sshd.hostKeyFiles[1] ?? "", file);
    await copyFile(`${sshd.hostKeyFiles[1]}.pub`, `${file}.pub`);
    const [{ port }, learned] = [sshd, await known()];
    await sshd.stop();
    sshd = await startSshd({ port, hostKeyFiles: [file] });
    await rm(kept, { recursive: true });
    await know(learned.trim());
    (await connect()).dispose();
  });

  it("is refused after the change when nothing was learned", async () => {
    await know(`${place()} ${keys[0]}`);
    const session = await connect("HostKeyAlgorithms ssh-ed25519\nUpdateHostKeys no");
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    session.dispose();
    expect(await known()).toBe(`${place()} ${keys[0]}\n`);
    expect((await faultOf(connect("HostKeyAlgorithms rsa-sha2-512"))).code).toBe("HOST_KEY_CHANGED");
  });

  it("is learned hashed when ssh_config hashes", async () => {
    const session = await connect("HashKnownHosts yes");
    await expect.poll(async () => (await known()).match(/^\|1\|/gm)?.length).toBe(2);
    session.dispose();
  });

  it("is not learned from a line that is about others too, nor against a revocation", async () => {
    await know(`[127.0.0.*]:${sshd.port} ${keys[0]}`);
    const byPattern = await connect();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    byPattern.dispose();
    expect(await known()).toBe(`[127.0.0.*]:${sshd.port} ${keys[0]}\n`);

    await know(`${place()} ${keys[0]}`, `@revoked * ${keys[1]}`);
    const session = await connect();
    await expect.poll(known).toContain(keys[2]);
    session.dispose();
    expect((await known()).split("\n").filter((line) => line.includes(keys[1] ?? ""))).toEqual([
      `@revoked * ${keys[1]}`,
    ]);
  });
});
