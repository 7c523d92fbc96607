#!/usr/bin/env node
// Stands in for `systemctl --user` where no systemd runs: starts what the unit says, and notes how it was called.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { FAKE_SYSTEMD_DIR: dir, HOME: home } = process.env;
const [user, verb, ...rest] = process.argv.slice(2);
appendFileSync(join(dir, "calls"), `${JSON.stringify(process.argv.slice(2))}\n`);
if (user !== "--user") process.exit(64);
const unit = rest.findLast((word) => word.endsWith(".service"));
const units = join(home, ".config", "systemd", "user");
const pidFile = join(dir, `${unit}.pid`);

function running() {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, "utf8"));
  try {
    process.kill(pid, 0);
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8")) ? undefined : pid;
  } catch {
    return undefined;
  }
}

function start() {
  if (running() !== undefined) return;
  const line = /^ExecStart=:(.*)$/m.exec(readFileSync(join(units, unit), "utf8"))[1];
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
    word.replace(/%(.)/g, (_, letter) => ({ "%": "%", h: home })[letter]).replace(/\\(.)/g, "$1"),
  );
  const [file, ...args] = words;
  const child = spawn(file, args, { detached: true, stdio: "ignore", env: { PATH: process.env.PATH, HOME: home } });
  writeFileSync(pidFile, String(child.pid));
  child.unref();
}

async function stop() {
  const pid = running();
  if (pid === undefined) return;
  process.kill(pid, "SIGTERM");
  while (running() !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  rmSync(pidFile, { force: true });
}

if (verb === "show-environment") process.exit(process.env.FAKE_SYSTEMD_DOWN === undefined ? 0 : 1);
if (verb === "is-active") {
  const isActive = running() !== undefined;
  process.stdout.write(isActive ? "active\n" : "inactive\n");
  process.exit(isActive ? 0 : 3);
}
if (verb === "restart" || verb === "stop" || (verb === "disable" && rest.includes("--now"))) await stop();
if (verb === "start" || verb === "restart") start();
if (verb === "daemon-reload") readdirSync(units);
