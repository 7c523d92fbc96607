import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ERRORS, type ErrorCode } from "../../../protocol/errors/catalogue.ts";
import { writeRemoteDefaults } from "../../../remote/config/write-remote.ts";
import type { HostProbe } from "../../../remote/onboarding/probe-host.ts";
import { stopSidecar } from "../../../remote/onboarding/stop-sidecar.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { faultOf } from "./fault-of.ts";

const HERE = "unit/remote/catalogue.test.ts";
const REFUSALS = "integration/remote/refusals.test.ts";
const WINDOW = "unit/extension/remote-window.test.ts";
const SSH_FAILURES = "integration/remote/ssh-failures.test.ts";
const HOST_KEYS = "integration/remote/host-keys.test.ts";
const SIGN_IN = "integration/remote/ssh-sign-in.test.ts";
const DIRECT = "integration/remote/direct-transport.test.ts";
const PROXY = "integration/remote/proxy.test.ts";
const EDGE = "integration/remote/edge-headers.test.ts";
const SIDECAR = "integration/onboarding/sidecar.test.ts";
const CREDENTIAL = "integration/onboarding/credential.test.ts";

/** Where each entry of the catalogue is brought about. A new entry without a test does not compile. */
const PRODUCED_IN: Readonly<Record<ErrorCode, string>> = {
  TARGET_INVALID: "unit/remote/ssh-target.test.ts",
  GATEWAY_DIFFERENT: "integration/extension/roads.test.ts",
  WINDOW_MISMATCH: WINDOW,
  FORWARD_UNUSABLE: WINDOW,
  SSH_CONFIG_INVALID: SSH_FAILURES,
  SSH_CLIENT_MISSING: "integration/remote/system-ssh.test.ts",
  DNS_FAILED: SSH_FAILURES,
  TCP_REFUSED: SSH_FAILURES,
  TCP_TIMEOUT: REFUSALS,
  TCP_UNREACHABLE: REFUSALS,
  PROXY_UNSUPPORTED: "unit/remote/proxy-rules.test.ts",
  PROXY_FAILED: PROXY,
  PROXY_REFUSED: PROXY,
  PROXY_AUTH_REQUIRED: PROXY,
  NOT_SSH: SSH_FAILURES,
  SSH_KEX_FAILED: SSH_FAILURES,
  HOST_KEY_UNKNOWN: HOST_KEYS,
  HOST_KEY_CHANGED: HOST_KEYS,
  HOST_KEY_REVOKED: HOST_KEYS,
  KNOWN_HOSTS_UNREADABLE: HOST_KEYS,
  SSH_AUTH_FAILED: SIGN_IN,
  SSH_KEY_UNREADABLE: SIGN_IN,
  SSH_WEB_SIGN_IN: "integration/remote/web-sign-in.test.ts",
  SSH_TIMEOUT: SSH_FAILURES,
  SSH_CLOSED: SSH_FAILURES,
  FORWARDING_FORBIDDEN: SSH_FAILURES,
  GATEWAY_NOT_RUNNING: SSH_FAILURES,
  INSECURE_URL: "unit/remote/gateway-url.test.ts",
  TLS_UNTRUSTED: DIRECT,
  TLS_PIN_MISMATCH: DIRECT,
  NOT_A_GATEWAY: DIRECT,
  GATEWAY_BUSY: DIRECT,
  GATEWAY_STARTING: REFUSALS,
  GATEWAY_SHUTDOWN: REFUSALS,
  ORIGIN_REFUSED: DIRECT,
  EDGE_REFUSED: EDGE,
  EDGE_HEADERS_INVALID: EDGE,
  HANDSHAKE_TIMEOUT: DIRECT,
  PROTOCOL_MISMATCH: "integration/cli/cli-failures.test.ts",
  PROTOCOL_VIOLATION: "unit/protocol/gateway-session.test.ts",
  CREDENTIAL_MISSING: REFUSALS,
  CREDENTIAL_WRONG: "integration/remote/connect-gateway.test.ts",
  RATE_LIMITED: DIRECT,
  DEVICE_REFUSED: REFUSALS,
  PAIRING_REQUIRED: REFUSALS,
  SCOPES_MISSING: REFUSALS,
  HEALTH_FAILED: REFUSALS,
  LINK_LOST: REFUSALS,
  CONFIG_INVALID: DIRECT,
  GATEWAY_REFUSED: REFUSALS,
  CONFIG_NOT_WRITTEN: HERE,
  HOST_UNSUPPORTED: "integration/onboarding/probe.test.ts",
  NODE_NOT_FOUND: "unit/onboarding/node-candidates.test.ts",
  UPLOAD_FAILED: SIDECAR,
  UPLOAD_CORRUPT: SIDECAR,
  SIDECAR_START_FAILED: SIDECAR,
  SIDECAR_STOP_FAILED: HERE,
  REMOTE_CONFIG_UNREADABLE: CREDENTIAL,
  SECRET_UNRESOLVED: CREDENTIAL,
  PAIRING_MISMATCH: "integration/onboarding/pairing.test.ts",
  APPROVAL_FAILED: "unit/onboarding/pairing-request.test.ts",
};

/** Lines in which a test compares an outcome with a code; a mention in passing is none. */
const asserts = (text: string, code: string): boolean =>
  text
    .split("\n")
    .some((line) => /expect|toBe|toEqual|toMatch|toContain|code:|^\s*\[/.test(line) && line.includes(code));

describe("the catalogue of errors", () => {
  const root = resolve(import.meta.dirname, "../..");

  it("has no entry without a test, and the table none without an entry", () =>
    expect(Object.keys(PRODUCED_IN).sort()).toEqual(Object.keys(ERRORS).sort()));

  it.each(Object.entries(PRODUCED_IN))("%s is brought about in %s", (code, file) => {
    const text = readFileSync(join(root, file), "utf8");
    // This file names every code in its table; here only the tests below count.
    expect(asserts(file === HERE ? text.slice(text.indexOf("describe(")) : text, code)).toBe(true);
  });
});

describe("what no other test brings about", () => {
  it("CONFIG_NOT_WRITTEN: the config's folder is a link that leads nowhere", async () => {
    const home = await mkdtemp(join(tmpdir(), "openclaw-catalogue-"));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    await symlink(join(home, "nowhere"), join(home, "link"));
    const env = { OPENCLAW_CONFIG_PATH: join(home, "link", "openclaw.json") };
    const error = await faultOf(writeRemoteDefaults({ env, home }, { url: "ws://127.0.0.1:1" }));
    expect(error.code).toBe("CONFIG_NOT_WRITTEN");
    expect(existsSync(join(home, "nowhere"))).toBe(false);
  });

  it("SIDECAR_STOP_FAILED: the one that runs was not put there by us", async () => {
    const running = { pid: 4711, port: 18_789, version: "9" };
    const probe = { sidecar: { stateDir: "/home/a/.openclaw-sidecar", installed: [], running } };
    const session = { label: "alice@home" };
    const { signal } = new AbortController();
    const stopping = stopSidecar(session as unknown as SshSession, { probe: probe as unknown as HostProbe, signal });
    const error = await faultOf(stopping);
    expect(error.code).toBe("SIDECAR_STOP_FAILED");
    expect(error.message).toContain("4711");
  });
});
