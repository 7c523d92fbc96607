import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../net/dial.ts";
import type { DeviceKeyStore } from "./device-identity.ts";

/** Keeps the device key in one file (0600, its directory 0700 when it has to be made). */
export function keyFileStore(path: string): DeviceKeyStore {
  const load = async (): Promise<string | undefined> => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  };
  return {
    load,
    async keepFirst(pem) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Written whole beside it and then linked: nobody reads half a key, and the first of two processes wins.
      const draft = `${path}.${randomUUID()}`;
      const file = await open(draft, "wx", 0o600);
      try {
        await file.writeFile(pem);
        await file.sync();
      } finally {
        await file.close();
      }
      try {
        await link(draft, path);
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      } finally {
        await rm(draft, { force: true });
      }
      return (await load()) ?? pem;
    },
  };
}
