import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new directory that only this user can enter, as mkdtemp makes it. Its name is short: sockets lie in it. */
export const makeDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), "openclaw-ssh-"));

/** Best effort: a process that is still on its way out may write into it once more. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => undefined);
}
