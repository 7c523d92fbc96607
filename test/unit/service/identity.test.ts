import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseRunFlags } from "../../../sidecar/config/flags.ts";
import { isNewEnough } from "../../../sidecar/config/node-version.ts";
import { isRunning, processIdentity } from "../../../sidecar/service/process-identity.ts";
import { runArguments, withPort } from "../../../sidecar/service/run-arguments.ts";

describe("a process", () => {
  it("has one identity for its life, and another process another", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const { pid = 0 } = child;
    try {
      const identity = processIdentity(pid);
      expect(identity).toBeDefined();
      expect(processIdentity(pid)).toBe(identity);
      expect(processIdentity(process.pid)).not.toBe(identity);
      expect(isRunning(pid)).toBe(true);
    } finally {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }
    expect(isRunning(pid)).toBe(false);
    expect(processIdentity(pid)).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("does not run any more when only its parent has not heard of it", async () => {
    // The shell's child ends; the program that the shell becomes never asks for it.
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      await expect.poll(() => isRunning(Number(line.toString()))).toBe(false);
      expect(() => process.kill(Number(line.toString()), 0)).not.toThrow();
    } finally {
      const exit = once(parent, "exit");
      parent.kill("SIGKILL");
      await exit;
    }
  });
});

describe("the arguments of a restart", () => {
  it("say the same from any directory, and no secret", () => {
    const flags = parseRunFlags(["--port=0", "--config", "a.json", "--token", "s3cret", "--profile", "work", "--json"]);
    expect(runArguments(flags, "/state")).toEqual([
      "--state-dir",
      "/state",
      "--profile",
      "work",
      "--port",
      "0",
      "--config",
      resolve("a.json"),
    ]);
  });

  it("take the port that it got", () => {
    expect(withPort(["--port", "0", "--config", "c"], 4_000)).toEqual(["--port", "4000", "--config", "c"]);
    expect(withPort(["--config", "c"], 4_000)).toEqual(["--config", "c"]);
  });
});

it.each([
  ["22.19.0", true],
  ["22.18.9", false],
  ["24.0.0", true],
  ["20.20.2", false],
])("Node %s is new enough: %s", (version, expected) => expect(isNewEnough(version)).toBe(expected));
