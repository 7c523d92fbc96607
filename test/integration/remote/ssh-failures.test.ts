import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { SshPrompts } from "../../../remote/ssh/prompts.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { type Sshd, type SshdOptions, freePort, startSshd } from "../../support/sshd.ts";
import { type TcpFault, startTcpFault } from "../../support/tcp-fault.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { type Climb, environmentOf, newClimb, prompts, startEcho } from "./lab.ts";

describe("the way over SSH fails with one clear reason", () => {
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    [sshd, echo] = await Promise.all([startSshd(), startEcho()]);
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
  });

  interface Attempt {
    readonly server?: Sshd;
    readonly port?: number;
    readonly host?: string;
    readonly gatewayPort?: number;
    readonly config?: string;
    readonly expected?: Partial<SshPrompts>;
  }
  async function transportTo({
    server = sshd,
    port,
    host,
    gatewayPort,
    config = "",
    expected,
  }: Attempt): Promise<SshTransport> {
    const file = join(server.directory, `config-${Math.random().toString(36).slice(2)}`);
    const place = `${host === undefined ? "" : `HostName ${host}\n`}${port === undefined ? "" : `Port ${port}\n`}`;
    await writeFile(
      file,
      `${config}\n${place}HostKeyAlias lab\nUserKnownHostsFile ${join(server.directory, "lab_known_hosts")}\n`,
    );
    await writeFile(join(server.directory, "lab_known_hosts"), `lab ${server.hostPublicKey}\n`);
    const base = environmentOf(server);
    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(expected),
      gatewayPort: gatewayPort ?? echo.port,
      environment: { ...base, configFiles: [{ path: file, includeFrom: server.directory }, ...base.configFiles] },
    });
    onTestFinished(() => transport.dispose());
    return transport;
  }
  async function fails(
    attempt: Attempt,
  ): Promise<{ code: string; rung: string | undefined; fact: (label: string) => string | undefined; ms: number }> {
    const climb = newClimb();
    const startedAt = performance.now();
    const error = await faultOf((await transportTo(attempt)).open(climb.context));
    const failed = climb.ladder().filter(({ status }) => status === "failed");
    expect(failed).toHaveLength(1);
    expect(error.step).toBe(failed[0]?.step);
    return {
      code: error.code,
      rung: failed[0]?.step,
      fact: (label) => factOf(error, label),
      ms: performance.now() - startedAt,
    };
  }
  async function ownServer(options: SshdOptions): Promise<Sshd> {
    const server = await startSshd(options);
    onTestFinished(() => server.stop());
    return server;
  }
  /** A TCP server that does what the test says with each connection. */
  async function rawServer(serve: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  it("the name is unknown", async () => {
    expect(await fails({ host: "no-such-host.invalid" })).toMatchObject({ code: "DNS_FAILED", rung: "resolve" });
  });

  it("nothing listens on the SSH port", async () => {
    const port = await freePort();
    const failure = await fails({ port });
    expect(failure).toMatchObject({ code: "TCP_REFUSED", rung: "tcp" });
    expect(failure.fact("host")).toBe("127.0.0.1");
    expect(failure.fact("port")).toBe(String(port));
  });

  it("a web server answers", async () => {
    const http = createHttpServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => void http.close());
    const failure = await fails({ port: (http.address() as AddressInfo).port });
    expect(failure).toMatchObject({ code: "NOT_SSH", rung: "tcp" });
    expect(failure.fact("detail")).toContain("HTTP/1.1 400");
  });

  it("a mail server answers and waits", async () => {
    const port = await rawServer((socket) => socket.write("220 mail.example ESMTP \u001b[31mready\r\n"));
    const failure = await fails({ port, config: "ConnectTimeout 1" });
    expect(failure).toMatchObject({ code: "NOT_SSH", rung: "tcp" });
    expect(failure.fact("detail")).toBe("220 mail.example ESMTP \\u{1b}[31mready");
  });

  it("the server floods instead of greeting", async () => {
    const port = await rawServer((socket) => socket.write("x".repeat(1_000_000)));
    expect(await fails({ port })).toMatchObject({ code: "NOT_SSH", rung: "tcp" });
  });

  it("the server hangs up before its banner", async () => {
    const port = await rawServer((socket) => socket.end());
    expect(await fails({ port })).toMatchObject({ code: "SSH_CLOSED", rung: "tcp" });
  });

  it("the server says nothing at all", async () => {
    const port = await rawServer(() => undefined);
    const failure = await fails({ port, config: "ConnectTimeout 1" });
    expect(failure).toMatchObject({ code: "SSH_TIMEOUT", rung: "host-key" });
    expect(failure.ms).toBeLessThan(5_000);
  });

  it("the server stops after its banner", async () => {
    const port = await rawServer((socket) => socket.write("SSH-2.0-Stalled\r\n"));
    expect(await fails({ port, config: "ConnectTimeout 1" })).toMatchObject({ code: "SSH_TIMEOUT", rung: "host-key" });
  });

  it("the server sends rubbish after its banner", async () => {
    const port = await rawServer((socket) => socket.write(`SSH-2.0-Rubbish\r\n${"\u0000\u00ff".repeat(500)}`));
    expect(["SSH_KEX_FAILED", "SSH_CLOSED"]).toContain((await fails({ port })).code);
  });

  it("nothing listens on the Gateway's port", async () => {
    const gatewayPort = await freePort();
    const failure = await fails({ gatewayPort });
    expect(failure).toMatchObject({ code: "GATEWAY_NOT_RUNNING", rung: "find-gateway" });
    expect(failure.fact("port")).toBe(String(gatewayPort));
  });

  it.each([["AllowTcpForwarding no"], ["DisableForwarding yes"], ["PermitOpen 127.0.0.1:1"]])(
    "the server has %s",
    async (line) => {
      const server = await ownServer({ config: [line] });
      expect(await fails({ server })).toMatchObject({ code: "FORWARDING_FORBIDDEN", rung: "find-gateway" });
    },
  );

  it("ssh_config wants a ProxyCommand, and nobody can be asked", async () => {
    const failure = await fails({ config: "ProxyCommand nc %h %p" });
    expect(failure).toMatchObject({ code: "SSH_CONFIG_INVALID", rung: "resolve" });
    expect(failure.fact("savedIn")).toMatch(/:1$/);
  });

  it("what answers behind SSH is no Gateway", async () => {
    const http = createHttpServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => void http.close());
    expect(await fails({ gatewayPort: (http.address() as AddressInfo).port })).toMatchObject({
      code: "NOT_A_GATEWAY",
      rung: "websocket",
    });
  });

  it("a banner in front of SSH's own does not matter, nor one at sign-in, nor a single session", async () => {
    const banner = join(sshd.directory, "banner");
    await writeFile(banner, "Authorised use only\n".repeat(20));
    const server = await ownServer({ config: [`Banner ${banner}`, "MaxSessions 1", "PrintLastLog yes"] });
    const noisy = await rawServer((socket) => {
      socket.write("Welcome to this host\r\nAll is logged\r\n");
      const upstream = connect(server.port, "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    const transport = await transportTo({ server, port: noisy });
    const sockets = [await transport.open(newClimb().context), await transport.open(newClimb().context)];
    expect(sockets.map((socket) => socket.isOpen())).toEqual([true, true]);
  });

  describe("cancelling", () => {
    let fault: TcpFault;
    beforeAll(async () => {
      fault = await startTcpFault({ host: "127.0.0.1", port: sshd.port });
    });
    afterAll(() => fault?.stop());
    afterEach(() => {
      fault.heal();
      fault.setDelay(0);
    });

    async function cancelAt(when: (climb: Climb) => void | Promise<void>, attempt: Attempt): Promise<number> {
      const transport = await transportTo(attempt);
      const climb = newClimb();
      const opening = transport.open(climb.context).then(
        () => "opened",
        (error: unknown) => error,
      );
      await when(climb);
      const startedAt = performance.now();
      climb.abort.abort();
      expect(await opening).toBeInstanceOf(CancelledError);
      const ms = performance.now() - startedAt;
      await expect.poll(() => fault.open).toBe(0);
      return ms;
    }
    const reached = async (climb: Climb, step: string): Promise<void> => {
      await expect
        .poll(() => climb.ladder().find((rung) => rung.step === step)?.status, { interval: 2 })
        .toBe("running");
    };

    it.each(["host-key", "ssh-auth", "find-gateway", "websocket"])(
      "at the rung %s ends at once and leaves nothing open",
      async (step) => {
        const stalled = await rawServer(() => undefined);
        const gatewayPort = step === "websocket" ? stalled : echo.port;
        // Freezing the link on the way keeps the rung running until the abort.
        const when = async (climb: Climb): Promise<void> => {
          await reached(climb, step);
          if (step !== "websocket") fault.stall();
        };
        if (step === "host-key") fault.stall();
        else fault.setDelay(40);
        const ms = await cancelAt(when, { port: fault.port, gatewayPort });
        fault.heal();
        fault.setDelay(0);
        expect(ms).toBeLessThan(100);
      },
    );

    it("while a person is being asked ends at once, and the question is withdrawn", async () => {
      let withdrawn = false;
      const asked = Promise.withResolvers<void>();
      const hostKey: SshPrompts["hostKey"] = (_question, signal) => {
        asked.resolve();
        signal.addEventListener("abort", () => (withdrawn = true));
        return new Promise(() => undefined);
      };
      const config = `UserKnownHostsFile ${sshd.directory}/nothing-known`;
      const ms = await cancelAt(() => asked.promise, { port: fault.port, config, expected: { hostKey } });
      expect(ms).toBeLessThan(100);
      expect(withdrawn).toBe(true);
    });

    it("before it begins opens no socket", async () => {
      const climb = newClimb();
      climb.abort.abort();
      await expect((await transportTo({ port: fault.port })).open(climb.context)).rejects.toBeInstanceOf(
        CancelledError,
      );
      expect(fault.open).toBe(0);
      expect(climb.rungs()).toEqual([]);
    });
  });
});
