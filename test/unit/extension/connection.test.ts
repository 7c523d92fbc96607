import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import type { LadderReporter } from "../../../protocol/ladder/steps.ts";
import { runDoctor } from "../../../extension/commands/doctor.ts";
import { examine } from "../../../extension/connection/doctor.ts";
import { readLocalSidecar, sidecarStateDir } from "../../../extension/connection/local-sidecar.ts";
import { listSshHosts } from "../../../extension/connection/ssh-hosts.ts";
import { localCredential, probeLoopback } from "../../../extension/connection/transports.ts";
import { doctorReport } from "../../../extension/health/doctor-report.ts";
import type { TailnetPeer } from "../../../remote/discovery/tailnet-peers.ts";
import type { HostKeyQuestion } from "../../../remote/ssh/prompts.ts";
import { sshPrompts } from "../../../extension/ui/ssh-prompts.ts";
import { climbing } from "./climbing.ts";
import { type Answer, HOME, fakeSession, scriptedPrompts } from "./fakes.ts";

const t = translator("en");

describe("a climb", () => {
  it("asks for the credential once when the Gateway wants one, and keeps it because it was right", async () => {
    const { run, ask, credentials } = climbing("right", { typed: "right" });
    (await run()).close();
    expect(ask).toHaveBeenCalledTimes(1);
    expect(await credentials.load(HOME.target)).toEqual({ token: "right" });
  });

  it("keeps the evidence of the first socket when it opens a second one", async () => {
    const { run, ladder } = climbing("right", { typed: "right" });
    (await run()).close();
    expect(ladder().find(({ step }) => step === "resolve")).toMatchObject({ status: "passed", evidence: "10.0.0.1" });
    expect(ladder().find(({ step }) => step === "health")).toMatchObject({ status: "passed" });
  });

  it("does not keep what was wrong, and does not ask again", async () => {
    const { run, ask, credentials } = climbing("right", { typed: "wrong" });
    await expect(run()).rejects.toMatchObject({ code: "CREDENTIAL_WRONG" });
    expect(ask).toHaveBeenCalledTimes(1);
    expect(await credentials.load(HOME.target)).toBeUndefined();
  });

  it("uses what is stored without a question", async () => {
    const { run, ask } = climbing("right", { stored: "right" });
    (await run()).close();
    expect(ask).not.toHaveBeenCalled();
  });

  it("takes the token of a sidecar that it has started itself, also when nobody is there", async () => {
    const { run, ask, local, credentials } = climbing("made", { interactive: false });
    local.mockResolvedValueOnce(undefined).mockResolvedValueOnce({ token: "made" });
    (await run()).close();
    expect(ask).not.toHaveBeenCalled();
    expect(await credentials.load(HOME.target)).toBeUndefined();
  });

  it("asks nobody when nobody is there", async () => {
    const { run, ask } = climbing("right", { typed: "right", interactive: false });
    await expect(run()).rejects.toMatchObject({ code: "CREDENTIAL_MISSING" });
    expect(ask).not.toHaveBeenCalled();
  });

  it("asks for nothing that a Gateway does not want", async () => {
    const { run, ask } = climbing(undefined);
    (await run()).close();
    expect(ask).not.toHaveBeenCalled();
  });

  it("ends as cancelled when the prompt is left", async () => {
    await expect(climbing("right").run()).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("the Doctor", () => {
  it("tells how far it came and why it stopped, and keeps nothing open", async () => {
    const dispose = vi.fn();
    const road = {
      target: HOME.target,
      path: "ssh `home`",
      climb: async ({ ladder }: { ladder: LadderReporter }) => {
        ladder.pass("resolve", "10.0.0.1 | x");
        ladder.start("tcp");
        throw new ConnectError("TCP_REFUSED", "refused", {
          facts: [
            { label: "host", value: "home" },
            { label: "port", value: "22" },
          ],
        });
      },
      dispose,
    };
    const found = await examine(road, new AbortController().signal);
    expect(dispose).toHaveBeenCalled();
    const report = doctorReport({ name: "home", at: 0, roads: [{ path: road.path, ...found }] }, t);
    expect(report).toMatch(/^- ✓ Resolve home: 10\.0\.0\.1 \| x, \d+ ms$/m);
    expect(report).toMatch(/^- ✗ Reach the port: \d+ ms$/m);
    expect(report).toContain("## home refused the connection");
  });

  it("climbs every way of a Gateway and tells of each", async () => {
    const { session } = fakeSession();
    const road = (path: string, climb: () => Promise<typeof session>) => ({
      target: HOME.target,
      path,
      climb,
      dispose: vi.fn(),
    });
    const refused = new ConnectError("GATEWAY_DIFFERENT", "other", { facts: [{ label: "detail", value: "wss://b" }] });
    const roads = [road("ssh home", async () => session), road("wss://b", () => Promise.reject(refused))];
    const showUntitled = vi.fn(async (_document: { readonly content: string }) => undefined);
    await runDoctor({
      profile: HOME,
      choose: async () => undefined,
      openRoads: () => roads,
      documents: { showUntitled },
      progress: (_title, work) => work(new AbortController().signal),
      clean: (text) => text,
      t,
    });
    const report = showUntitled.mock.calls[0]?.[0].content ?? "";
    expect(report).toMatch(/`ssh home`[^]*Every step passed[^]*`wss:\/\/b`[^]*## It is another Gateway/);
    expect(roads.map(({ dispose }) => dispose.mock.calls.length)).toEqual([1, 1]);
  });

  it("closes the session that it made", async () => {
    const { session, isClosed } = fakeSession();
    const road = { target: HOME.target, path: "x", climb: async () => session, dispose: () => undefined };
    expect((await examine(road, new AbortController().signal)).failure).toBeUndefined();
    expect(isClosed()).toBe(true);
  });
});

describe("SSH's questions", () => {
  const { signal } = new AbortController();
  const ask = (...answers: readonly Answer[]) => {
    const prompts = scriptedPrompts(...answers);
    const heard: string[] = [];
    const onSecret = (secret: string): void => void heard.push(secret);
    return { prompts, heard, ssh: sshPrompts({ prompts, t, onSecret, tailnet: async () => tailnet }) };
  };
  const nas = { name: "nas.tail1.ts.net", os: "linux", addresses: ["100.64.0.7"], hostKeys: ["SHA256:abc"] };
  let tailnet: readonly TailnetPeer[] = [];
  const hostKey = { host: "home", port: 22, keyType: "ED25519", fingerprint: "SHA256:abc", savedIn: "/k" };

  it("show the whole host key, and anything but a yes is a no", async () => {
    const { ssh, prompts } = ask("remember", undefined);
    expect(await ssh.hostKey(hostKey, signal)).toBe("remember");
    for (const part of ["home", "22", "ED25519", "SHA256:abc"]) expect(prompts.said[0]).toContain(part);
    expect(await ssh.hostKey(hostKey, signal)).toBe("cancel");
  });

  it("say of a host key whose it is by the word of the tailnet, and nothing of another host or key", async () => {
    tailnet = [nas];
    onTestFinished(() => void (tailnet = []));
    const said = async (question: Partial<HostKeyQuestion>): Promise<string> => {
      const { ssh, prompts } = ask("once");
      await ssh.hostKey({ ...hostKey, ...question }, signal);
      return prompts.said.join();
    };
    const words = "Your tailnet lists this key as the one of nas.tail1.ts.net.";
    for (const host of ["nas.tail1.ts.net", "NAS", "100.64.0.7"]) expect(await said({ host })).toContain(words);
    for (const other of [{ host: "home" }, { host: "nas", fingerprint: "SHA256:other" }])
      expect(await said(other)).not.toContain("tailnet");
  });

  it("show the whole command that would run here, and anything but a yes is a no", async () => {
    const { ssh, prompts } = ask("run", undefined);
    const question = { host: "home", command: "vpn up && true", savedIn: "/home/a/.ssh/config:3" };
    expect(await ssh.proxyCommand?.(question, signal)).toBe("run");
    for (const part of Object.values(question)) expect(prompts.said[0]).toContain(part);
    expect(await ssh.proxyCommand?.(question, signal)).toBe("cancel");
  });

  it("come one a prompt, in order, and every secret is told to the log's redaction", async () => {
    const { ssh, heard } = ask("123456", "blue");
    const prompts = [
      { text: "Code:", echo: false },
      { text: "Colour:", echo: true },
    ];
    const question = { user: "a", host: "h", name: "", instruction: "2FA", prompts };
    expect(await ssh.keyboardInteractive(question, signal)).toEqual(["123456", "blue"]);
    expect(heard).toEqual(["123456"]);
  });

  it("are cancelled by leaving any of them", async () => {
    const { ssh } = ask("1", undefined, undefined, undefined);
    const prompts = [
      { text: "1", echo: false },
      { text: "2", echo: false },
    ];
    const question = { user: "a", host: "h", name: "", instruction: "", prompts };
    expect(await ssh.keyboardInteractive(question, signal)).toBeUndefined();
    expect(await ssh.password({ user: "a", host: "h", attempt: 1 }, signal)).toBeUndefined();
    expect(await ssh.passphrase({ user: "a", host: "h", keyFile: "/k", attempt: 2 }, signal)).toBeUndefined();
  });
});

describe("this computer", () => {
  let home: string;
  beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), "openclaw-ext-"))));
  afterEach(() => rm(home, { recursive: true, force: true }));
  const runtime = (value: unknown) => writeFile(join(home, "runtime.json"), JSON.stringify(value));

  it("lists the aliases of ssh_config and its Includes, without patterns, with the forwards of their own", async () => {
    await mkdir(join(home, "conf.d"));
    await writeFile(
      join(home, "config"),
      "Include conf.d/*\nHost web *.x !y\n  User a\n  LocalForward 18789 localhost:18790\nHost=db\nMatch all\n  LocalForward 1 a:2\n",
    );
    await writeFile(join(home, "conf.d", "one"), "Host inner web\n");
    const environment = {
      home,
      localUser: "me",
      localHost: "here",
      env: {},
      platform: process.platform,
      configFiles: [{ path: join(home, "config"), includeFrom: home }],
    };
    expect(await listSshHosts(environment)).toEqual([
      { alias: "inner", forwards: [] },
      { alias: "web", forwards: ["18789 → localhost:18790"] },
      { alias: "db", forwards: [] },
    ]);
    expect(
      await listSshHosts({ ...environment, configFiles: [{ path: join(home, "none"), includeFrom: home }] }),
    ).toEqual([]);
  });

  it("has a sidecar while its process lives, on loopback only", async () => {
    expect(await readLocalSidecar(home)).toBeUndefined();
    await runtime({ pid: process.pid, url: "ws://127.0.0.1:18789", version: "0.1.0" });
    expect(await readLocalSidecar(home)).toMatchObject({ url: "ws://127.0.0.1:18789", version: "0.1.0" });
    await runtime({ pid: process.pid, url: "wss://127.0.0.1:18789", tlsFingerprint: "AB:CD" });
    expect(await readLocalSidecar(home)).toMatchObject({ url: "wss://127.0.0.1:18789", tlsFingerprint: "AB:CD" });
    await runtime({ pid: process.pid, url: "ws://evil.example:18789" });
    expect(await readLocalSidecar(home)).toBeUndefined();
    await runtime({ pid: 2 ** 30, url: "ws://127.0.0.1:18789" });
    expect(await readLocalSidecar(home)).toBeUndefined();
  });

  it("gives the sidecar's token to the sidecar's own address and to no other", async () => {
    await runtime({ pid: process.pid, url: "ws://127.0.0.1:18789" });
    await writeFile(join(home, "gateway.token"), "tok\n");
    const remoteWindow = { host: async () => undefined, forward: () => Promise.reject(new Error("no way")) };
    const ports = { remoteWindow, sidecarStateDir: home, configEnvironment: { env: {}, home } };
    expect(await localCredential({ kind: "local" }, ports)).toEqual({ token: "tok" });
    expect(await localCredential({ kind: "url", url: "ws://127.0.0.1:18789" }, ports)).toEqual({ token: "tok" });
    expect(await localCredential({ kind: "url", url: "ws://127.0.0.1:18790" }, ports)).toBeUndefined();
    expect(await localCredential(HOME.target, ports)).toBeUndefined();
  });

  it("keeps the sidecar's state where the environment says", () => {
    expect(sidecarStateDir({ OPENCLAW_SIDECAR_STATE_DIR: "/x" })).toBe("/x");
    expect(sidecarStateDir({})).toMatch(/\.openclaw-sidecar$/);
  });

  it("knows a Gateway on a port from something else", async () => {
    let body = '{"ok":true,"status":"live"}';
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { signal } = new AbortController();
    expect(await probeLoopback(port, signal)).toBe(true);
    for (const other of ["<html>", '{"ok":1}', "[]", `{"ok":true,"more":"${"x".repeat(5_000)}"}`]) {
      body = other;
      expect(await probeLoopback(port, signal)).toBe(false);
    }
    body = '{"ok":true}';
    expect(await probeLoopback(port, AbortSignal.abort())).toBe(false);
    // Where it sends us on there may be a Gateway; here is none.
    server.removeAllListeners("request").on("request", ({ url }, response) => {
      if (url === "/healthz") response.writeHead(302, { location: "/elsewhere" });
      response.end(body);
    });
    expect(await probeLoopback(port, signal)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await probeLoopback(port, signal)).toBe(false);
  });
});
