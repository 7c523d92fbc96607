import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import JSON5 from "json5";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readProfiles } from "../../../extension/connection/profile.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { parseSshTarget } from "../../../remote/target/ssh-target.ts";
import { parseTlsFingerprint } from "../../../remote/socket/secure.ts";
import { systemSshEnvironment } from "../../../remote/ssh/config/environment.ts";
import { resolveHostConfig } from "../../../remote/ssh/config/host-config.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { startConnectProxy } from "../../support/connect-proxy.ts";
import { TAILNET_NAME, startFakeTailscale } from "../../support/fake-tailscale.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { type Sshd, freePort, startSshd } from "../../support/sshd.ts";
import { startTlsFront } from "../../support/tls-front.ts";
import { blocksOf, commandThatNeeds, commandsOf, exitCodeOf } from "./markdown.ts";
import { type Shell, openShell } from "./shell.ts";

const blocks = blocksOf("docs/remote.md");
const commands = commandsOf(blocks);
const plain = commands.filter(({ needs }) => needs === undefined);
const PIN = /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/;

let sshd: Sshd;
let gateway: RunningSidecar;
let shell: Shell;
let home: string;
let localPort: number;
beforeAll(async () => {
  [sshd, gateway, localPort] = await Promise.all([startSshd(), startSidecar(), freePort()]);
  home = await mkdtemp(join(tmpdir(), "openclaw-docs-"));
  // `user@host` of the page is the private sshd, for ssh and for us; `stranger` is the same and known to nobody.
  const sshConfig = join(home, ".ssh", "config");
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  await writeFile(
    sshConfig,
    [
      "Host host stranger",
      `HostName 127.0.0.1\n  Port ${sshd.port}\n  IdentityFile ${sshd.keyFile}`,
      "IdentityAgent none\n  GlobalKnownHostsFile none",
      `Host host\n  UserKnownHostsFile ${sshd.knownHostsFile}`,
      "Host stranger\n  UserKnownHostsFile none\n",
    ].join("\n  "),
    { mode: 0o600 },
  );
  shell = await openShell({ home, sshConfig });
});
afterAll(async () => {
  await Promise.all([sshd.stop(), gateway.stop()]);
  await rm(home, { recursive: true, force: true });
});

/** The page's names for the parts of this test. */
const here = (text: string): string =>
  text
    .replaceAll("18789:127.0.0.1:18789", `${localPort}:127.0.0.1:${gateway.port}`)
    .replaceAll("ws://127.0.0.1:18789", `ws://127.0.0.1:${localPort}`)
    .replaceAll("user@host", `${sshd.user}@host`);
const token = (): Record<string, string> => ({ OPENCLAW_GATEWAY_TOKEN: gateway.token });

describe("the commands of docs/remote.md", () => {
  it.each(plain)("$title", async ({ block }) => {
    // The host's own openclaw.json would name the port; the account here is the tester's.
    const script = here(block.text).replaceAll(/--ssh \S+/g, `$& --port ${gateway.port}`);
    const { code, stdout, stderr } = await shell.run(script, token());
    expect(code, stderr).toBe(exitCodeOf(block));
    expect(stdout === "").toBe(stderr !== "");
  });

  it("read a certificate's fingerprint as it is pinned", async () => {
    const certificate = await makeCertificate(["gateway.example"]);
    await writeFile(join(home, "cert.pem"), certificate.cert);
    const { stdout } = await shell.run(commandThatNeeds(commands, "certificate"));
    expect(parseTlsFingerprint(stdout.split("=")[1] ?? "")).toBe(parseTlsFingerprint(certificate.fingerprint));
  });

  it("show the fingerprint of the host's key as a stranger to the host is asked about it", async () => {
    const file = `${sshd.hostKeyFiles[0]}.pub`;
    const command = commandThatNeeds(commands, "host-key").replace("/etc/ssh/ssh_host_ed25519_key.pub", file);
    const { stdout } = await shell.run(command);
    const [fingerprint = "none"] = /SHA256:\S+/.exec(stdout) ?? [];
    const asked = await shell.run(`openclaw-sidecar health --ssh ${sshd.user}@stranger --json`, token());
    expect(JSON.parse(asked.stdout)).toMatchObject({ error: { code: "HOST_KEY_UNKNOWN" } });
    expect(asked.stdout).toContain(fingerprint);
  });

  it("say which name of the tailnet leads to the Gateway", async () => {
    const tailscale = await startFakeTailscale();
    const config = { gateway: { tailscale: { mode: "serve" } } };
    const served = await startSidecar({ config, env: tailscale.env });
    try {
      const run = await shell.run(commandThatNeeds(commands, "tailnet"), tailscale.env);
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(run.stdout).toContain(TAILNET_NAME);
      expect(run.stdout).toContain(`http://127.0.0.1:${await tailscale.target()}`);
    } finally {
      await served.stop();
      await tailscale.stop();
    }
  });

  it("pass an edge with the headers of the environment, and not with other ones", async () => {
    const certificate = await makeCertificate(["localhost"]);
    const front = await startTlsFront({
      certificate,
      gateway: gateway.url,
      admits: (headers) =>
        headers["cf-access-client-id"] === "id.access" && headers["cf-access-client-secret"] === "edge-secret-0123",
    });
    const script = commandThatNeeds(commands, "edge").replace("gateway.example", `localhost:${front.port}`);
    const pass = async (secret: string) =>
      shell.run(script, { ...token(), ...(await trusting(certificate.cert)), CF_ID: "id.access", CF_SECRET: secret });
    try {
      expect(await pass("edge-secret-0123")).toMatchObject({ code: 0, stderr: "" });
      expect(await pass("another-secret")).toMatchObject({ code: 4, stdout: "" });
    } finally {
      await front.close();
    }
  });

  it("go through a company's proxy, which finds the Gateway by its name", async () => {
    const certificate = await makeCertificate(["gateway.example"]);
    const front = await startTlsFront({ certificate, gateway: gateway.url });
    const proxy = await startConnectProxy();
    const script = commandThatNeeds(commands, "proxy")
      .replace("proxy.example:3128", `127.0.0.1:${proxy.port}`)
      .replace("wss://gateway.example", `$&:${front.port}`);
    try {
      const run = await shell.run(script, { ...token(), ...(await trusting(certificate.cert)) });
      expect(run).toMatchObject({ code: 0, stderr: "" });
      expect(proxy.asked).toEqual([{ target: `gateway.example:${front.port}`, authorization: undefined }]);
    } finally {
      await Promise.all([proxy.stop(), front.close()]);
    }
  });

  it("reach the Gateway through ssh -N -L, with and without a saved remote", async () => {
    const running = shell.start(here(commandThatNeeds(commands, "tunnel-start")));
    try {
      await expect.poll(() => opens(`ws://127.0.0.1:${localPort}`), { timeout: 10_000 }).toBe(true);
      const through = here(commandThatNeeds(commands, "tunnel"));
      expect(await shell.run(through, token())).toMatchObject({ code: 0, stderr: "" });
      await saveRemote("remote tunnel", (text) => here(text).replace("your-token", gateway.token));
      expect(await shell.run("openclaw-sidecar health")).toMatchObject({ code: 0, stderr: "" });
    } finally {
      await running.interrupt();
    }
    const gone = await shell.run("openclaw-sidecar health");
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain(`127.0.0.1 refused the connection on port ${localPort}`);
  });
});

describe("the saved remotes of docs/remote.md", () => {
  it("go over SSH by themselves", async () => {
    await saveRemote("remote ssh", (text) => here(text).replace("18789", String(gateway.port)));
    const run = await shell.run("openclaw-sidecar health", { OPENCLAW_REMOTE_TOKEN: gateway.token });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    // The token is named and not there: nothing is tried with another one.
    const without = await shell.run("openclaw-sidecar health");
    expect(without.code).toBe(2);
    expect(without.stderr).toContain("OPENCLAW_REMOTE_TOKEN");
  });

  it("go directly, to the pinned certificate only", async () => {
    const certificate = await makeCertificate(["localhost"]);
    const front = await startTlsFront({ certificate, gateway: gateway.url });
    const save = (pin: string) =>
      saveRemote("remote direct", (text) =>
        text
          .replace("wss://gateway.example", `wss://localhost:${front.port}`)
          .replace("your-token", gateway.token)
          .replace(PIN, pin),
      );
    try {
      await save(certificate.fingerprint);
      expect(await shell.run("openclaw-sidecar health")).toMatchObject({ code: 0, stderr: "" });
      await save(certificate.fingerprint.replaceAll("A", "B").replaceAll("1", "2"));
      const run = await shell.run("openclaw-sidecar health --json");
      expect(run.code).toBe(4);
      expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "TLS_PIN_MISMATCH" } });
    } finally {
      await front.close();
    }
  });
});

describe("the settings and the SSH config of docs/remote.md", () => {
  it("are profiles that the extension reads, each to a target that it takes", () => {
    const block = blocks.find(({ note }) => note === "settings");
    const settings = JSON5.parse<Record<string, unknown>>(block?.text ?? "");
    const { profiles, rejected } = readProfiles(settings["openclaw.gateways"]);
    expect(rejected).toEqual([]);
    expect(profiles.map(({ target }) => target.kind)).toEqual(["ssh", "url", "window", "local"]);
    expect(profiles.map(({ roads = [] }) => roads.length)).toEqual([1, 0, 0, 0]);
    for (const target of profiles.flatMap(({ target, roads = [] }) => [target, ...roads])) {
      if (target.kind === "ssh") expect(parseSshTarget(target.destination).host).toBe("home.example");
      if (target.kind === "url") {
        expect(parseGatewayUrl(target.url).secure).toBe(true);
        if (target.tlsFingerprint !== undefined) expect(parseTlsFingerprint(target.tlsFingerprint)).toBeDefined();
      }
    }
  });

  it("mean what they say", async () => {
    const block = blocks.find(({ note }) => note === "ssh-config");
    const path = join(home, "page-config");
    await appendFile(path, block?.text ?? "");
    const environment = { ...systemSshEnvironment(), home, configFiles: [{ path, includeFrom: home }] };
    expect(await resolveHostConfig(parseSshTarget("home"), environment)).toMatchObject({
      hostName: "home.example",
      user: "alice",
      proxyJump: [{ host: "jump.example" }],
    });
  });
});

/** The environment of somebody whose computer trusts this certificate. */
async function trusting(certificate: string): Promise<Record<string, string>> {
  const file = join(home, "ca.pem");
  await writeFile(file, certificate);
  return { NODE_EXTRA_CA_CERTS: file };
}

async function saveRemote(note: string, change: (text: string) => string): Promise<void> {
  const block = blocks.find((each) => each.note === note);
  if (block === undefined) throw new Error(`docs/remote.md has no block "${note}"`);
  await mkdir(join(home, ".openclaw"), { recursive: true });
  await writeFile(join(home, ".openclaw", "openclaw.json"), change(block.text), { mode: 0o600 });
}

function opens(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.once("open", () => {
      socket.close();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
