import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import type { AuthMemory } from "../../remote/ssh/auth/auth-memory.ts";
import type { connectSsh } from "../../remote/ssh/session/connect-ssh.ts";
import type { SshTransport } from "../../remote/transport/ssh-transport.ts";
import { tunedSsh2 } from "../../scripts/build/tuned-ssh2.mjs";

const ENTRY = `
export { connectSsh } from "./remote/ssh/session/connect-ssh.ts";
export { AuthMemory } from "./remote/ssh/auth/auth-memory.ts";
export { SshTransport } from "./remote/transport/ssh-transport.ts";
`;

/** The parts of `remote/` that speak SSH, with the ssh2 that people get: the tuned one, which is only made by bundling. */
export interface TunedRemote {
  readonly connectSsh: typeof connectSsh;
  readonly AuthMemory: typeof AuthMemory;
  readonly SshTransport: typeof SshTransport;
}

/** Bundles and loads them. Its classes are its own: an error is told by its `code`, not by `instanceof`. */
export async function loadTunedRemote(): Promise<TunedRemote> {
  const directory = await mkdtemp(join(tmpdir(), "openclaw-tuned-"));
  try {
    const outfile = join(directory, "remote.cjs");
    await build({
      stdin: { contents: ENTRY, resolveDir: resolve(import.meta.dirname, "../.."), loader: "ts" },
      outfile,
      bundle: true,
      metafile: true,
      platform: "node",
      target: "node22",
      format: "cjs",
      external: ["*.node", "cpu-features", "bufferutil", "utf-8-validate"],
      logLevel: "warning",
      plugins: [tunedSsh2],
    });
    return createRequire(import.meta.url)(outfile) as TunedRemote;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
