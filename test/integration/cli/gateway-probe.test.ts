import { beforeAll, describe, expect, it } from "vitest";
import { LADDER_STEPS } from "../../../protocol/ladder/steps.ts";
import { type BadGateway, tcpServer, webServer } from "../../support/bad-gateways.ts";
import { type CliRun, runBuiltCli } from "../../support/cli.ts";
import { startSidecarGateway } from "../../support/sidecar-gateway.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";

interface Probe {
  readonly ok: boolean;
  readonly path: string;
  readonly rungs: readonly { readonly step: string; readonly status: string; readonly evidence?: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

const WRONG = "wrong-token-0123456789";
let gateway: Awaited<ReturnType<typeof startSidecarGateway>>;
let sshd: Sshd;
beforeAll(async () => {
  [gateway, sshd] = await Promise.all([startSidecarGateway(), startSshd()]);
  return () => Promise.all([gateway.stop(), sshd.stop()]);
});

const overSsh = (env: Record<string, string>, ...more: readonly string[]): Promise<CliRun> =>
  runBuiltCli(["gateway", "probe", "--ssh", "lab", "--port", String(gateway.port), ...more], {
    HOME: sshd.home,
    ...env,
  });
const statuses = ({ stdout }: CliRun): Record<string, string> =>
  Object.fromEntries((JSON.parse(stdout) as Probe).rungs.map(({ step, status }) => [step, status]));

describe("gateway probe", () => {
  it("climbs the whole way over SSH and names what each rung found", async () => {
    const run = await overSsh({ OPENCLAW_GATEWAY_TOKEN: gateway.token }, "--json");
    const probe = JSON.parse(run.stdout) as Probe;
    expect({ code: run.code, ok: probe.ok, error: probe.error }).toEqual({ code: 0, ok: true, error: undefined });
    expect(probe.path).toBe(`ssh lab → 127.0.0.1:${gateway.port}`);
    expect(probe.rungs.map(({ step }) => step)).toEqual(LADDER_STEPS);
    const evidence = Object.fromEntries(probe.rungs.map((rung) => [rung.step, rung.evidence]));
    expect(evidence["tcp"]).toBe(`127.0.0.1:${sshd.port}`);
    expect(evidence["host-key"]).toBe("ED25519, known");
    expect(evidence["ssh-auth"]).toContain("id_ed25519");
    expect(evidence["find-gateway"]).toContain(String(gateway.port));
  });

  it("is readable: one line a rung, then whether all is well", async () => {
    const { stdout, stderr } = await overSsh({ OPENCLAW_GATEWAY_TOKEN: gateway.token });
    expect(stdout).toMatch(/^✓ Check the host key: ED25519, known, \d+ ms$/m);
    expect(stdout).toMatch(/^Everything is fine \(\d+ ms\)\.$/m);
    expect(stderr).toBe("");
  });

  it("stops at the rung that fails, with its cause, its remedy and the documented exit code", async () => {
    const run = await overSsh({ OPENCLAW_GATEWAY_TOKEN: WRONG }, "--json");
    expect(run.code).toBe(4);
    expect(statuses(run)).toMatchObject({ protocol: "passed", credential: "failed", health: "pending" });
    const { error } = JSON.parse(run.stdout) as Probe;
    expect(error?.code).toBe("CREDENTIAL_WRONG");
    expect(error?.message).toMatch(/token mismatch.*OPENCLAW_GATEWAY_TOKEN/);
    expect(run.stdout + run.stderr).not.toContain(WRONG);
  });

  it("does not trust a host that nobody has trusted", async () => {
    const stranger = await startSshd();
    try {
      const target = `${stranger.user}@127.0.0.1:${stranger.port}`;
      const run = await runBuiltCli(["gateway", "probe", "--ssh", target, "--json"], { HOME: sshd.home });
      expect(run.code).toBe(4);
      expect(statuses(run)).toMatchObject({ tcp: "passed", "host-key": "failed", "ssh-auth": "pending" });
    } finally {
      await stranger.stop();
    }
  });

  const bad: readonly (readonly [what: string, server: () => Promise<BadGateway>, step: string, code: number])[] = [
    ["a page that is no Gateway", () => webServer(404), "websocket", 5],
    ["a server that never says a word", () => tcpServer(() => undefined), "websocket", 3],
  ];
  it.each(bad)("names %s", async (_what, start, step, code) => {
    const server = await start();
    const run = await runBuiltCli(["gateway", "probe", "--url", server.url, "--timeout", "1500", "--json"]);
    await server.stop();
    expect(run.code).toBe(code);
    expect(statuses(run)[step]).toBe("failed");
  });

  it("names a port that nobody has", async () => {
    const run = await runBuiltCli(["gateway", "probe", "--url", "ws://127.0.0.1:1", "--json"]);
    expect(run.code).toBe(3);
    expect(statuses(run)).toMatchObject({ resolve: "passed", tcp: "failed", websocket: "pending" });
  });

  it("takes no words", async () => {
    const run = await runBuiltCli(["gateway", "probe", "everything"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/takes options only/);
  });
});
