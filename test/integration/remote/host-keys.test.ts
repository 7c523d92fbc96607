import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import type { HostKeyAnswer, HostKeyQuestion } from "../../../remote/ssh/prompts.ts";
import { connectSsh } from "../../../remote/ssh/session/connect-ssh.ts";
import { type Sshd, fingerprint, makeKey, publicPart, startSshd } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { type Climb, environmentOf, newClimb, prompts } from "./lab.ts";

const run = promisify(execFile);

describe("the host key of an SSH server", () => {
  let sshd: Sshd;
  let stranger: { publicKey: string; fingerprint: string };
  let ecdsaKey: string;
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ["ed25519", "ecdsa", "rsa"] });
    const file = await makeKey(join(sshd.directory, "stranger"));
    stranger = {
      publicKey: publicPart(await readFile(`${file}.pub`, "utf8")),
      fingerprint: await fingerprint(`${file}.pub`),
    };
    ecdsaKey = publicPart(await readFile(`${sshd.hostKeyFiles[1]}.pub`, "utf8"));
  });
  afterAll(() => sshd?.stop());
  beforeEach(() => know(""));

  const place = (): string => `[127.0.0.1]:${sshd.port}`;
  async function know(text: string): Promise<void> {
    await rm(sshd.knownHostsFile, { recursive: true, force: true });
    await writeFile(sshd.knownHostsFile, text, { mode: 0o600 });
  }

  interface Attempt {
    readonly answer?: HostKeyAnswer;
    readonly asked?: HostKeyQuestion[];
    readonly interactive?: boolean;
    readonly memory?: AuthMemory;
    readonly policy?: "ask" | "strict";
    readonly config?: string;
  }
  async function connect(attempt: Attempt = {}): Promise<Climb> {
    const climb = newClimb({ interactive: attempt.interactive ?? true });
    const extra = join(sshd.directory, "extra-config");
    // Further keys of the server are not what these tests are about, see key-rotation.test.ts.
    await writeFile(extra, `UpdateHostKeys no\n${attempt.config ?? ""}\n`);
    const base = environmentOf(sshd);
    const { answer, asked } = attempt;
    const hostKey = (question: HostKeyQuestion): Promise<HostKeyAnswer> => {
      asked?.push(question);
      return Promise.resolve(answer ?? "cancel");
    };
    const session = await connectSsh({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(answer === undefined ? {} : { hostKey }),
      memory: attempt.memory ?? new AuthMemory(),
      context: climb.context,
      environment: { ...base, configFiles: [{ path: extra, includeFrom: sshd.directory }, ...base.configFiles] },
      ...(attempt.policy === undefined ? {} : { hostKeyPolicy: attempt.policy }),
    });
    session.dispose();
    return climb;
  }
  const evidence = (climb: Climb): string | undefined =>
    climb.ladder().find(({ step }) => step === "host-key")?.evidence;

  it("is shown with its fingerprint when it is unknown, and remembered on request", async () => {
    const asked: HostKeyQuestion[] = [];
    const first = await connect({ answer: "remember", asked });
    expect(asked).toEqual([
      {
        host: "127.0.0.1",
        port: sshd.port,
        keyType: "ED25519",
        fingerprint: sshd.hostKeyFingerprint,
        savedIn: sshd.knownHostsFile,
      },
    ]);
    expect(evidence(first)).toBe("ED25519, now known");
    expect(await readFile(sshd.knownHostsFile, "utf8")).toBe(`${place()} ${sshd.hostPublicKey}\n`);
    expect(evidence(await connect())).toBe("ED25519, known");
  });

  it("is remembered in a way that ssh itself accepts, hashed when ssh_config says so", async () => {
    await connect({ answer: "remember", config: "HashKnownHosts yes" });
    expect(await readFile(sshd.knownHostsFile, "utf8")).toMatch(/^\|1\|/);
    const options = [
      "-F",
      "none",
      "-i",
      sshd.keyFile,
      "-p",
      String(sshd.port),
      "-o",
      "BatchMode=yes",
      "-o",
      "StrictHostKeyChecking=yes",
    ];
    const { stdout } = await run("ssh", [
      ...options,
      "-o",
      `UserKnownHostsFile=${sshd.knownHostsFile}`,
      "127.0.0.1",
      "echo",
      "agreed",
    ]);
    expect(stdout).toBe("agreed\n");
  });

  it("is trusted once: nothing is written, and the same connection may come back without a person", async () => {
    const memory = new AuthMemory();
    await connect({ answer: "once", memory });
    expect(await readFile(sshd.knownHostsFile, "utf8")).toBe("");
    expect(evidence(await connect({ memory, interactive: false }))).toBe("ED25519, trusted once");
    expect((await faultOf(connect({ interactive: false }))).code).toBe("HOST_KEY_UNKNOWN");
  });

  it("ends the connect when the person says no", async () => {
    await expect(connect({ answer: "cancel" })).rejects.toBeInstanceOf(CancelledError);
    expect(await readFile(sshd.knownHostsFile, "utf8")).toBe("");
  });

  it.each([
    ["nobody is there to ask", { interactive: false }],
    ["ssh_config says StrictHostKeyChecking yes", { config: "StrictHostKeyChecking yes" }],
    ["the policy is strict", { policy: "strict" as const }],
  ])("is refused when it is unknown and %s", async (_why, attempt) => {
    const error = await faultOf(connect(attempt));
    expect(error.code).toBe("HOST_KEY_UNKNOWN");
    expect(factOf(error, "now")).toBe(sshd.hostKeyFingerprint);
    expect(factOf(error, "keyType")).toBe("ED25519");
  });

  it("is refused when it has changed, with both fingerprints and the line, and without a way on", async () => {
    await know(`# mine\n${place()} ${stranger.publicKey}\n`);
    const error = await faultOf(connect());
    expect(error.code).toBe("HOST_KEY_CHANGED");
    expect(error.step).toBe("host-key");
    expect(factOf(error, "known")).toBe(stranger.fingerprint);
    expect(factOf(error, "now")).toBe(sshd.hostKeyFingerprint);
    expect(factOf(error, "savedIn")).toBe(`${sshd.knownHostsFile}:2`);
  });

  it("is refused when it is revoked", async () => {
    await know(`${place()} ${sshd.hostPublicKey}\n@revoked * ${sshd.hostPublicKey}\n`);
    const error = await faultOf(connect());
    expect(error.code).toBe("HOST_KEY_REVOKED");
    expect(factOf(error, "savedIn")).toBe(`${sshd.knownHostsFile}:2`);
  });

  it("is asked for in the type that is known, though the server would rather show another", async () => {
    await know(`${place()} ${ecdsaKey}\n`);
    expect(evidence(await connect())).toBe("ECDSA, known");
  });

  it("counts as changed when only another type is known and ssh_config forbids that one, as with ssh", async () => {
    await know(`${place()} ${ecdsaKey}\n`);
    const config = "HostKeyAlgorithms ssh-ed25519";
    expect((await faultOf(connect({ config }))).code).toBe("HOST_KEY_CHANGED");
    const options = [
      "-F",
      "none",
      "-p",
      String(sshd.port),
      "-o",
      "BatchMode=yes",
      "-o",
      "HostKeyAlgorithms=ssh-ed25519",
    ];
    const refused = run("ssh", [...options, "-o", `UserKnownHostsFile=${sshd.knownHostsFile}`, "127.0.0.1", "true"]);
    await expect(refused).rejects.toThrow(/REMOTE HOST IDENTIFICATION HAS CHANGED/);
  });

  it("is found hashed, by pattern, by alias, and in the global file", async () => {
    await know(`${place()} ${sshd.hostPublicKey}\n`);
    await run("ssh-keygen", ["-q", "-H", "-f", sshd.knownHostsFile]);
    expect(evidence(await connect())).toBe("ED25519, known");
    await know(`[127.0.0.*]:* ${sshd.hostPublicKey}\n`);
    expect(evidence(await connect())).toBe("ED25519, known");
    await know(`vault ${sshd.hostPublicKey}\n`);
    expect(evidence(await connect({ config: "HostKeyAlias vault" }))).toBe("ED25519, known");
    await know("");
    const global = join(sshd.directory, "global_known_hosts");
    await writeFile(global, `${place()} ${sshd.hostPublicKey}\n`);
    expect(evidence(await connect({ config: `GlobalKnownHostsFile ${global}` }))).toBe("ED25519, known");
  });

  it("is not vouched for by a certificate authority line", async () => {
    await know(`@cert-authority * ${sshd.hostPublicKey}\n`);
    expect((await faultOf(connect({ interactive: false }))).code).toBe("HOST_KEY_UNKNOWN");
  });

  it("stops everything when known_hosts cannot be read", async () => {
    await rm(sshd.knownHostsFile);
    await mkdir(sshd.knownHostsFile);
    const error = await faultOf(connect({ answer: "remember" }));
    expect(error.code).toBe("KNOWN_HOSTS_UNREADABLE");
    expect(factOf(error, "savedIn")).toBe(sshd.knownHostsFile);
  });

  it("says when no common algorithm is left", async () => {
    await know(`${place()} ${sshd.hostPublicKey}\n`);
    const picky = await startSshd({ config: ["KexAlgorithms diffie-hellman-group14-sha256"] });
    try {
      const error = await faultOf(
        connectSsh({
          target: { user: undefined, host: "lab", port: undefined },
          prompts: prompts(),
          memory: new AuthMemory(),
          context: newClimb().context,
          environment: environmentOf(picky, {
            configFiles: [
              { path: await withConfig(picky, "KexAlgorithms curve25519-sha256"), includeFrom: picky.directory },
              { path: picky.configFile, includeFrom: picky.directory },
            ],
          }),
        }),
      );
      expect(error.code).toBe("SSH_KEX_FAILED");
      expect(error.message).toMatch(/key exchange/);
    } finally {
      await picky.stop();
    }
  });
});

async function withConfig(sshd: Sshd, text: string): Promise<string> {
  const file = join(sshd.directory, "more-config");
  await writeFile(file, `${text}\n`);
  return file;
}
