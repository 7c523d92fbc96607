import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { type OpenClawProcess, startOpenclawProcess } from "../support/openclaw-process.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";

let gateway: RunningGateway;
let tui: OpenClawProcess;
beforeAll(async () => {
  gateway = await startSidecarGateway();
  tui = await startOpenclawProcess(["tui", "--url", gateway.url, "--token", gateway.token], { terminal: true });
}, 300_000);
afterAll(async () => {
  await tui?.stop();
  await gateway?.stop();
});

describe("the real TUI against dist/sidecar.mjs", () => {
  it("connects to the main session and its model", async () => {
    await tui.until(/gateway connected \| idle/);
    await tui.until(/agent main \| session main \| stub-1/);
    expect(tui.output()).not.toMatch(/unauthorized|refused/);
  });

  it("asks and shows the answer", async () => {
    tui.type("hello tui");
    await tui.until(/hello tui/);
    tui.type("\r");
    await tui.until(/STUB-REPLY sum=\d+: echo hello tui/);
    expect(tui.output()).toContain("hello tui");
  });

  it("shows what a slash command of the Gateway answers", async () => {
    tui.type("/help\r");
    await tui.until(/\/model|\/status/);
    expect(tui.output()).not.toMatch(/unknown method/);
  });

  it("leaves when it is told to", async () => {
    tui.type("\u0003");
    await tui.until(/ctrl\+c again/i);
    tui.type("\u0003");
    expect(await tui.ended).toBe(0);
  });
});
