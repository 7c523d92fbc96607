import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutboxStore } from "../../../extension/chat/outbox-store.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), "openclaw-outbox-"))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const entry = (id: string) => ({ id, text: `say ${id}`, at: 1, delivery: "queued" as const });

it("tells a person once, and again after it went well, that messages are not kept", async () => {
  const root = join(dir, "outbox");
  // Where the folder should be is a file: every write fails, whoever runs this.
  await writeFile(root, "");
  const told: string[] = [];
  const storage = new OutboxStore(root, silentLogger, (code) => told.push(code)).open("gateway", "main");
  storage.save([entry("a")]);
  storage.save([entry("a"), entry("b")]);
  expect(told).toEqual(["ENOTDIR"]);

  await rm(root);
  await mkdir(root);
  storage.save([entry("a"), entry("b")]);
  expect(told).toEqual(["ENOTDIR"]);
  expect(new OutboxStore(root, silentLogger).open("gateway", "main").load()).toEqual([entry("a"), entry("b")]);

  await rm(root, { recursive: true });
  await writeFile(root, "");
  storage.save([entry("a"), entry("b"), entry("c")]);
  expect(told).toEqual(["ENOTDIR", "ENOTDIR"]);
});
