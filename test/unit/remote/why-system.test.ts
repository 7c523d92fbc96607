import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Fact, ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { ErrorCode } from "../../../protocol/errors/catalogue.ts";
import { whySystem } from "../../../remote/ssh/system/why-system.ts";

/** A private key file in OpenSSH's format whose public half is of a FIDO token; the rest of it does not matter. */
function fidoKey(type: string): string {
  const string = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  const blob = Buffer.concat([string(type), string("x".repeat(32)), string("ssh:")]);
  const parts = ["none", "none", ""].map(string);
  const one = Buffer.from([0, 0, 0, 1]);
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), ...parts, one, string(blob.toString("latin1"))]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

describe("the system's ssh takes over", () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "openclaw-why-"));
    return () => rm(home, { recursive: true, force: true });
  });

  async function why(code: ErrorCode, detail: string, keys: Readonly<Record<string, string>> = {}) {
    await rm(join(home, ".ssh"), { recursive: true, force: true });
    await mkdir(join(home, ".ssh"));
    for (const [name, text] of Object.entries(keys)) await writeFile(join(home, ".ssh", name), text, { mode: 0o600 });
    const facts: Fact[] = [{ label: "detail", value: detail }];
    const environment = {
      home,
      localUser: "alice",
      localHost: "laptop",
      env: {},
      platform: process.platform,
      configFiles: [],
    };
    const target = { user: undefined, host: "home.example", port: undefined };
    return whySystem(new ConnectError(code, detail, { facts }), { target, environment, ssh: "/usr/bin/ssh" });
  }

  it.each(["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])(
    "when the only key is a %s",
    async (type) => {
      expect(await why("SSH_AUTH_FAILED", "tried nothing", { id_ed25519_sk: fidoKey(type) })).toContain("FIDO");
      expect(await why("SSH_KEY_UNREADABLE", "unsupported", { id_ed25519: fidoKey(type) })).toContain("FIDO");
    },
  );

  it("not when there is another key, or none", async () => {
    const keys = { id_ed25519_sk: fidoKey("sk-ssh-ed25519@openssh.com"), id_rsa: "something else" };
    expect(await why("SSH_AUTH_FAILED", "tried id_rsa", keys)).toBeUndefined();
    expect(await why("SSH_AUTH_FAILED", "tried nothing")).toBeUndefined();
  });

  it("when the server takes nothing but GSSAPI, and not when it takes more", async () => {
    expect(await why("SSH_AUTH_FAILED", "tried nothing; home takes gssapi-keyex, gssapi-with-mic")).toContain("GSSAPI");
    expect(await why("SSH_AUTH_FAILED", "tried x; home takes publickey, gssapi-with-mic")).toBeUndefined();
  });

  it("when no algorithm is shared, and for no other failure", async () => {
    expect(await why("SSH_KEX_FAILED", "Handshake failed: no matching key exchange algorithm")).toContain("algorithm");
    expect(await why("SSH_KEX_FAILED", "Bad packet length")).toBeUndefined();
    expect(await why("HOST_KEY_CHANGED", "no matching")).toBeUndefined();
    expect(await why("TCP_REFUSED", "ECONNREFUSED")).toBeUndefined();
  });
});
