import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRunning } from "../../../sidecar/service/process-identity.ts";
import { stubConfig } from "../../support/sidecar.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { type ServiceLab, openServiceLab } from "./service-lab.ts";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly evidence: string;
  readonly remedy?: string;
  readonly fixable: boolean;
}
interface Report {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly repaired: readonly Finding[];
}

let lab: ServiceLab;
beforeEach(async () => {
  lab = await openServiceLab();
});
afterEach(() => lab.dispose());

const file = (name: string): string => join(lab.stateDir("a"), name);
const doctor = (...args: readonly string[]) => lab.json<Report>(["doctor", "--profile", "a", ...args]);
const start = () => lab.json<{ pid: number }>(["start", "--profile", "a", "--port", "0"]);
const wrong = ({ findings }: Report): readonly string[] =>
  findings.filter(({ severity }) => severity === "warning" || severity === "error").map(({ id }) => id);

describe("the doctor", () => {
  it("finds nothing wrong with a sidecar that runs and has a model, and says so with exit code 0", async () => {
    const model = await startStubModel();
    try {
      await lab.writeConfig("a", stubConfig(model.baseUrl));
      await start();
      const report = await doctor();
      expect(wrong(report)).toEqual([]);
      expect(report.ok).toBe(true);
      const { code, stdout } = await lab.run(["doctor", "--profile", "a"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Nothing is wrong\.\n$/);
      expect(stdout).not.toContain("stub-key");
      expect(model.requests).toEqual([]);
    } finally {
      await model.close();
    }
  });

  it("changes nothing without --fix, and with it closes what is open to others", async () => {
    await start();
    chmodSync(lab.stateDir("a"), 0o755);
    chmodSync(file("gateway.token"), 0o644);
    const before = await doctor();
    expect(before.findings.filter(({ id }) => id === "permissions")).toHaveLength(2);
    expect(before.findings.find(({ evidence }) => evidence.includes("gateway.token"))).toMatchObject({
      severity: "error",
      fixable: true,
      remedy: `chmod 0600 ${file("gateway.token")}`,
    });
    expect(statSync(file("gateway.token")).mode & 0o777).toBe(0o644);
    const after = await doctor("--fix");
    expect(after.repaired).toHaveLength(2);
    expect(wrong(after)).not.toContain("permissions");
    expect(statSync(file("gateway.token")).mode & 0o777).toBe(0o600);
    expect(statSync(lab.stateDir("a")).mode & 0o777).toBe(0o700);
  });

  it("removes what a killed sidecar left, but nothing of one that runs", async () => {
    const { pid } = await start();
    writeFileSync(file(`runtime.json.${pid}.tmp`), "half", { mode: 0o600 });
    expect(wrong(await doctor("--fix"))).not.toContain("leftovers.temporary");
    expect(existsSync(file(`runtime.json.${pid}.tmp`))).toBe(true);
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => wrong(await doctor()), { timeout: 10_000 }).toContain("leftovers.runtime");
    const { repaired, findings } = await doctor("--fix");
    expect(repaired.map(({ id }) => id).sort()).toEqual(["leftovers.runtime", "leftovers.temporary"]);
    expect(existsSync(file("runtime.json"))).toBe(false);
    expect(findings.find(({ id }) => id === "store")).toMatchObject({ severity: "ok" });
    expect(findings.find(({ id }) => id === "store")?.evidence).toContain("whole");
  });

  it("leaves the runtime file alone while somebody has the store, whatever the process ids say", async () => {
    await start();
    const runtime = readFileSync(file("runtime.json"), "utf8");
    // As seen from outside of a container: the ids belong to nobody here.
    const foreign = runtime.replace(/"process":"[^"]*"/, '"process":"linux:elsewhere:1"');
    writeFileSync(file("runtime.json"), foreign);
    const report = await doctor("--fix");
    expect(report.findings.find(({ id }) => id === "leftovers.runtime")).toMatchObject({ fixable: false });
    expect(readFileSync(file("runtime.json"), "utf8")).toBe(foreign);
    writeFileSync(file("runtime.json"), runtime);
  });

  it("finds a damaged store and leaves it to a person", async () => {
    const { pid } = await start();
    await lab.run(["stop", "--profile", "a"]);
    expect(isRunning(pid)).toBe(false);
    const bytes = readFileSync(file("sidecar.sqlite"));
    // The inside of every page but the first: the header stays that of a database.
    bytes.fill(0x5a, 4_096);
    writeFileSync(file("sidecar.sqlite"), bytes);
    const report = await doctor("--fix");
    expect(report.findings.find(({ id }) => id === "store")).toMatchObject({ severity: "error", fixable: false });
    expect(readFileSync(file("sidecar.sqlite")).equals(bytes)).toBe(true);
  });

  it("looks at a store without leaving a trace in its directory", async () => {
    await start();
    await lab.run(["stop", "--profile", "a"]);
    const before = readFileSync(file("sidecar.sqlite"));
    await doctor();
    expect(readFileSync(file("sidecar.sqlite")).equals(before)).toBe(true);
    expect(["sidecar.sqlite-shm", "sidecar.sqlite-wal"].filter((name) => existsSync(file(name)))).toEqual([]);
  });

  it("names a broken config, a mistyped key and a guessable token, and shows no secret", async () => {
    mkdirSync(lab.stateDir("a"), { mode: 0o700 });
    writeFileSync(file("openclaw.json"), "{ gateway: { prot: 1, auth: { token: 'changeme123' } } }", { mode: 0o600 });
    const report = await doctor();
    expect(wrong(report)).toEqual(expect.arrayContaining(["config.key", "auth.secret", "model"]));
    expect(report.findings.find(({ id }) => id === "config.key")).toMatchObject({
      evidence: "nobody reads gateway.prot",
      remedy: 'Did you mean "port"?',
    });
    expect(JSON.stringify(report)).not.toContain("changeme123");
    writeFileSync(file("openclaw.json"), "{ gateway: ");
    const broken = await lab.run(["doctor", "--profile", "a"]);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/ERROR {2}Config .*not valid JSON5/);
  });

  it("tells a model that is not there from one that refuses the key, without showing it", async () => {
    const server = createServer((_request, response) => response.writeHead(401).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await lab.writeConfig("a", stubConfig(`http://127.0.0.1:${port}/v1`));
    const refused = (await doctor()).findings.find(({ id }) => id === "model");
    expect(refused).toMatchObject({
      severity: "error",
      evidence: expect.stringContaining("refuses the key") as string,
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const gone = (await doctor()).findings.find(({ id }) => id === "model");
    expect(gone?.evidence).toMatch(/does not answer \(ECONNREFUSED\)$/);
    expect(JSON.stringify([refused, gone])).not.toContain("stub-key");
  });

  it("sees a sidecar that runs and does not answer, and a clock that went back", async () => {
    const { pid } = await start();
    process.kill(pid, "SIGSTOP");
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(file("gateway.token"), later, later);
    const report = await doctor();
    process.kill(pid, "SIGCONT");
    expect(report.findings.find(({ id }) => id === "port")).toMatchObject({ severity: "error" });
    expect(report.findings.find(({ id }) => id === "clock")).toMatchObject({ severity: "warning" });
  });
});
