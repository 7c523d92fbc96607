import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { ProxyCommandQuestion, SshPrompts } from "../../../remote/ssh/prompts.ts";
import { SshTransport } from "../../../remote/transport/ssh-transport.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { environmentOf, listenTo, newClimb, prompts, startEcho } from "./lab.ts";

describe("a ProxyCommand of ssh_config", () => {
  let sshd: Sshd;
  let echo: Awaited<ReturnType<typeof startEcho>>;
  let ran: string;
  let program: string;
  beforeAll(async () => {
    [sshd, echo] = await Promise.all([startSshd(), startEcho()]);
    program = join(sshd.directory, "proxy with a space.cjs");
    await writeFile(
      program,
      `const { appendFileSync } = require("node:fs");
       const [file, host, port] = process.argv.slice(2);
       appendFileSync(file, process.pid + " " + process.cwd() + "\\n");
       const socket = require("node:net").connect(Number(port), host, () => {
         process.stdin.pipe(socket).pipe(process.stdout);
       });
       socket.on("error", (error) => { console.error("proxy: " + error.code); process.exit(1); });`,
    );
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), echo?.stop()]);
  });

  const passOn = (port = "%p"): string => `"${process.execPath}" '${program}' "${ran}" %h ${port}`;
  const runs = (): readonly string[] => (existsSync(ran) ? readFileSync(ran, "utf8").trim().split("\n") : []);
  const asked: ProxyCommandQuestion[] = [];
  const asking = (answer: "run" | "cancel"): Partial<SshPrompts> => ({
    async proxyCommand(question) {
      asked.push(question);
      return answer;
    },
  });

  async function transportWith(
    makeCommand: () => string,
    answers: Partial<SshPrompts> = asking("run"),
    more = "",
  ): Promise<SshTransport> {
    asked.length = 0;
    ran = join(sshd.directory, `ran-${Math.random()}`);
    const config = join(sshd.directory, `proxy-${Math.random()}`);
    const known = join(sshd.directory, "proxy-known");
    await writeFile(known, `lab ${sshd.hostPublicKey}\n`);
    const lines = [`ProxyCommand ${makeCommand()}`, more, "HostKeyAlias lab", `UserKnownHostsFile ${known}`, ""];
    await writeFile(config, lines.join("\n"));
    const environment = environmentOf(sshd);
    const transport = new SshTransport({
      target: { user: undefined, host: "lab", port: undefined },
      prompts: prompts(answers),
      gatewayPort: echo.port,
      environment: {
        ...environment,
        configFiles: [{ path: config, includeFrom: sshd.directory }, ...environment.configFiles],
      },
    });
    onTestFinished(() => transport.dispose());
    return transport;
  }

  it("runs once a person has seen all of it, quotes and all, and is not asked about again", async () => {
    const transport = await transportWith(() => passOn());
    const climb = newClimb();
    expect(await listenTo(await transport.open(climb.context)).next()).toBe("hello");
    expect(asked).toEqual([
      {
        host: "127.0.0.1",
        command: `"${process.execPath}" '${program}' "${ran}" 127.0.0.1 ${sshd.port}`,
        savedIn: expect.stringMatching(/proxy-[^:]*:1$/) as unknown,
      },
    ]);
    expect(climb.ladder().find(({ step }) => step === "tcp")?.evidence).toBe("through ProxyCommand");
    expect(climb.ladder().find(({ step }) => step === "host-key")?.evidence).toBe("ED25519, known");

    await sshd.killSessions();
    await expect.poll(() => transport.session).toBeUndefined();
    const again = await transport.open(newClimb({ interactive: false }).context);
    expect(await listenTo(again).next()).toBe("hello");
    expect(asked).toHaveLength(1);
    expect(runs()).toHaveLength(2);
    // Not where a workspace may be.
    expect(runs()[0]).toMatch(new RegExp(` ${sshd.home}$`));
  });

  it("does not run when the person says no, which is no failure", async () => {
    const transport = await transportWith(() => passOn(), asking("cancel"));
    await expect(transport.open(newClimb().context)).rejects.toBeInstanceOf(CancelledError);
    expect(asked).toHaveLength(1);
    expect(runs()).toEqual([]);
  });

  it.each([
    ["nobody is there", asking("run"), false],
    ["nobody can be asked", {}, true],
  ] as const)("does not run when %s", async (_why, answers, interactive) => {
    const transport = await transportWith(() => passOn(), answers);
    const error = await faultOf(transport.open(newClimb({ interactive }).context));
    expect(error.code).toBe("SSH_CONFIG_INVALID");
    expect(factOf(error, "savedIn")).toMatch(/:1$/);
    expect(asked).toEqual([]);
    expect(runs()).toEqual([]);
  });

  it.each(["User a;id", "User $(id)", "User -oProxyCommand=x", 'User "a b"', "User `id`"])(
    "does not get “%s” into a shell",
    async (line) => {
      const transport = await transportWith(() => `${passOn()} %r`, asking("run"), line);
      const error = await faultOf(transport.open(newClimb().context));
      expect(error.code).toBe("SSH_CONFIG_INVALID");
      expect(asked).toEqual([]);
      expect(runs()).toEqual([]);
    },
  );

  it("is refused with a token that means nothing here", async () => {
    const transport = await transportWith(() => `${passOn()} %z`);
    expect((await faultOf(transport.open(newClimb().context))).message).toContain("%z");
    expect(asked).toEqual([]);
  });

  it("tells in its own words why it failed", async () => {
    const transport = await transportWith(() => passOn("1"));
    const error = await faultOf(transport.open(newClimb().context));
    expect(error).toMatchObject({ code: "SSH_CLOSED", step: "tcp" });
    expect(error.message).toContain("proxy: ECONNREFUSED");
  });

  it("ends with the connection that it carries", async () => {
    const transport = await transportWith(() => passOn());
    await transport.open(newClimb().context);
    const pid = Number(runs()[0]?.split(" ")[0]);
    expect(isAlive(pid)).toBe(true);
    transport.dispose();
    await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
  });

  it("is ended by a cancel in the middle", async () => {
    const silent = await transportWith(() => `/bin/sh -c 'echo $$ x >> "${ran}"; exec sleep 60'`);
    const climb = newClimb();
    const opening = silent.open(climb.context);
    await expect.poll(() => runs().length).toBe(1);
    const pid = Number(runs()[0]?.split(" ")[0]);
    climb.abort.abort();
    await expect(opening).rejects.toBeInstanceOf(CancelledError);
    await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
