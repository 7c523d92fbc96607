import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { type StubModel, startStubModel } from "../../support/stub-model.ts";
import type { WindowWish } from "../../support/window-process.ts";

const PROGRAM = fileURLToPath(new URL("../../support/window-process.ts", import.meta.url));
const SESSION = "agent:main:main";
const PATIENCE = { timeout: 30_000 };
const NOWHERE = "ws://127.0.0.1:9";

interface Window {
  /** What it has told. */
  readonly lines: readonly string[];
  say(text: string): void;
  /** As a crash of the extension host: nothing is closed, nothing is written. */
  kill(): Promise<void>;
}

describe("the messages of a window that is killed", { timeout: 90_000 }, () => {
  let directory: string;
  let model: StubModel;
  let sidecar: RunningSidecar;
  const windows: Window[] = [];

  const startGateway = () => startSidecar({ config: stubConfig(model.baseUrl), stateDir: join(directory, "gateway") });
  const asked = () => model.requests.map(({ question }) => question);

  function openWindow(more: Partial<WindowWish> = {}): Window {
    const { url, token } = sidecar;
    const wish: WindowWish = { url, token, root: join(directory, "window"), session: SESSION, isDeaf: false, ...more };
    const child: ChildProcess = spawn(process.execPath, ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", PROGRAM], {
      env: { PATH: process.env["PATH"] ?? "", OPENCLAW_TEST_WINDOW: JSON.stringify(wish) },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const lines: string[] = [];
    if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    const window: Window = {
      lines,
      say: (text) => void child.stdin?.write(`${text}\n`),
      kill: async () => {
        child.kill("SIGKILL");
        await ended;
      },
    };
    windows.push(window);
    return window;
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-window-"));
    model = await startStubModel();
    sidecar = await startGateway();
  });
  afterEach(async () => {
    await Promise.all(windows.splice(0).map((window) => window.kill()));
    await sidecar.stop();
    await model.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("go out once, in their order, by the next window when they were written offline, though nobody opens the chat", async () => {
    const offline = openWindow({ url: NOWHERE });
    for (const text of ["one", "two", "three"]) offline.say(text);
    await expect.poll(() => offline.lines, PATIENCE).toContain("queued three");
    await offline.kill();
    openWindow();
    await expect.poll(asked, PATIENCE).toEqual(["one", "two", "three"]);
  });

  it("are neither lost nor doubled when the answer to the send was never heard, also by a Gateway that restarted", async () => {
    const deaf = openWindow({ isDeaf: true });
    deaf.say("did you get this?");
    await expect.poll(() => deaf.lines, PATIENCE).toContain("taken");
    await expect.poll(asked, PATIENCE).toHaveLength(1);
    await deaf.kill();
    await sidecar.kill("SIGKILL");
    sidecar = await startGateway();
    const next = openWindow();
    await expect.poll(() => next.lines, PATIENCE).toContain("connected");
    next.say("and this?");
    await expect.poll(() => asked().at(-1), PATIENCE).toBe("and this?");
    expect(asked().filter((question) => question === "did you get this?")).toHaveLength(1);
  });

  it("are not sent twice by two windows that find the same ones", async () => {
    const offline = openWindow({ url: NOWHERE });
    offline.say("only once");
    await expect.poll(() => offline.lines, PATIENCE).toContain("queued only once");
    await offline.kill();
    const both = [openWindow(), openWindow()];
    for (const window of both) await expect.poll(() => window.lines, PATIENCE).toContain("connected");
    await expect.poll(asked, PATIENCE).toEqual(["only once"]);
    both[1]?.say("after it");
    await expect.poll(() => asked().at(-1), PATIENCE).toBe("after it");
    expect(asked()).toEqual(["only once", "after it"]);
  });
});
