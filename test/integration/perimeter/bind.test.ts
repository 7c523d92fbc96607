import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, runSidecar, startSidecar } from "../../support/sidecar.ts";

const CLI = { identity: null, client: { id: "cli", mode: "cli" } } as const;
const cards = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
/** An address of this computer that others could reach. */
const outward = cards.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const hasIpv6 = cards.some(({ address }) => address === "::1");
if (outward === undefined)
  console.warn("bind.test.ts: this computer has no address but the loopback; some is left out");

let home: string;
const running: RunningSidecar[] = [];

async function start(options: Parameters<typeof startSidecar>[0] = {}): Promise<RunningSidecar> {
  const sidecar = await startSidecar({ stateDir: join(home, "state"), ...options });
  running.push(sidecar);
  return sidecar;
}

/** Runs `run` to its end; it must refuse in one sentence and leave nothing. */
async function refused(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const stateDir = join(home, "refused");
  const { code, stdout, stderr } = await runSidecar(
    ["run", "--json", "--port", "0", "--state-dir", stateDir, ...args],
    {
      HOME: home,
      ...env,
    },
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(existsSync(stateDir)).toBe(false);
  return stderr;
}

const isOpen = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

beforeAll(ensureSidecar);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sidecar-bind-"));
});
afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar.stop();
  await rm(home, { recursive: true, force: true });
});

describe("a Gateway on the loopback", () => {
  it("is nowhere else", async () => {
    const { port } = await start();
    expect(await isOpen("127.0.0.1", port)).toBe(true);
    if (outward !== undefined) expect(await isOpen(outward, port)).toBe(false);
  });

  it.runIf(hasIpv6)("is what `localhost` means in IPv6 too, so that nobody else can be that", async () => {
    const { port, token } = await start();
    const client = await RawGatewayClient.open(`ws://[::1]:${port}`);
    expect(await client.hello(token, CLI)).toMatchObject({
      ok: true,
      payload: {
        auth: {
          scopes: ["operator.read", "operator.write", "operator.admin", "operator.approvals", "operator.pairing"],
        },
      },
    });
    await client.close();
  });

  it.runIf(hasIpv6)("says so when another program has that place, and serves", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen({ port: 0, host: "::1" }, resolve));
    const { port } = other.address() as AddressInfo;
    const { stateDir } = await start({ port });
    expect(await readFile(join(stateDir, "logs", "sidecar.log"), "utf8")).toMatch(
      /another program has port \d+ on ::1/,
    );
    await new Promise((resolve) => other.close(resolve));
  });
});

describe("a Gateway for others", () => {
  it.runIf(outward !== undefined)(
    "lets a program of another address in with the token, without scopes, and asks for its device",
    async () => {
      const { port, token } = await start({ args: ["--bind", "lan"] });
      const url = `ws://${outward}:${port}`;
      const program = await RawGatewayClient.open(url);
      expect(await program.hello(token, CLI)).toMatchObject({ ok: true, payload: { auth: { scopes: [] } } });
      const device = await RawGatewayClient.open(url);
      expect(await device.hello(token)).toMatchObject({ ok: false, error: { code: "NOT_PAIRED" } });
      const stranger = await RawGatewayClient.open(url);
      expect(await stranger.hello("wrong-token", CLI)).toMatchObject({
        error: { details: { code: "AUTH_TOKEN_MISMATCH" } },
      });
      const local = await RawGatewayClient.open(`ws://127.0.0.1:${port}`);
      expect(await local.hello(token)).toMatchObject({ ok: true });
      await Promise.all([program, local].map((client) => client.close()));
    },
  );

  it("on one chosen address is also on the loopback, on the same port", async () => {
    const config = { gateway: { bind: "custom", customBindHost: "127.0.0.2" } };
    const { port } = await start({ config });
    expect(await Promise.all(["127.0.0.1", "127.0.0.2"].map((host) => isOpen(host, port)))).toEqual([true, true]);
    expect(await isOpen("127.0.0.3", port)).toBe(false);
  });

  it("does not start without a secret that somebody chose, whatever is there for clients", async () => {
    expect(await refused(["--bind", "lan"])).toMatch(/lets other computers in, and no token or password was chosen/);
    expect(await refused(["--bind", "lan", "--auth", "none"], { OPENCLAW_GATEWAY_TOKEN: "chosen-token" })).toMatch(
      /"none" asks nobody/,
    );
  });

  it("does not start on an address that this computer does not have", async () => {
    const config = join(home, "openclaw.json");
    const { writeFile } = await import("node:fs/promises");
    await writeFile(config, '{ gateway: { customBindHost: "203.0.113.77" } }');
    const args = ["--bind", "custom", "--config", config];
    expect(await refused(args, { OPENCLAW_GATEWAY_TOKEN: "chosen-token" })).toMatch(
      /this computer has no such address/,
    );
  });
});

describe("a port that is taken", () => {
  const wanting = (port: number, ...args: string[]) =>
    runSidecar(["run", "--port", String(port), ...args], { HOME: home });

  it("by the sidecar of a profile is said to be, with the way to use it", async () => {
    const { port, pid } = await start({ stateDir: join(home, ".openclaw-sidecar-work") });
    const { stderr } = await wanting(port, "--profile", "play");
    expect(stderr).toContain(`the sidecar of profile "work" (process ${pid}, `);
    expect(stderr).toContain(
      "use it with `openclaw-sidecar status --profile work`, end it with `openclaw-sidecar stop --profile work`",
    );
    expect(stderr).toContain("--profile NAME --port 0");
    expect(existsSync(join(home, ".openclaw-sidecar-play"))).toBe(false);
  });

  it("by this very sidecar is said to be", async () => {
    const { port, stateDir } = await start();
    const { stderr } = await wanting(port, "--state-dir", stateDir);
    expect(stderr).toContain("this very sidecar (process ");
    expect(stderr).toContain(`openclaw-sidecar status --state-dir ${stateDir}`);
  });

  it("by the Gateway of somebody else is said to be", async () => {
    const { port } = await start({ stateDir: join(home, "elsewhere") });
    const { stderr } = await wanting(port, "--profile", "play");
    expect(stderr).toContain(
      `a Gateway already answers there; use it with \`openclaw-sidecar status --url ws://127.0.0.1:${port}\``,
    );
  });
});
