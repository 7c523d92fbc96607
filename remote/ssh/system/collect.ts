import type { ChildProcess } from "node:child_process";
import type { ExecOutcome } from "../session/ssh-session.ts";
import { endSsh } from "./ssh-process.ts";

/** What a command says and how it ends, as `SshSession.exec` promises it. */
export function collect(child: ChildProcess, maxBytes: number): Promise<Extract<ExecOutcome, { kind: "done" }>> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let size = 0;
  let errorSize = 0;
  let truncated = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    out.push(chunk.subarray(0, Math.max(0, maxBytes - size)));
    size += chunk.length;
    if (size <= maxBytes || truncated) return;
    truncated = true;
    endSsh(child);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    if (errorSize < maxBytes) err.push(chunk.subarray(0, maxBytes - errorSize));
    errorSize += chunk.length;
  });
  const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString("utf8");
  return new Promise((resolve) => {
    child.once("close", (code) =>
      resolve({ kind: "done", code: code ?? undefined, stdout: text(out), stderr: text(err), truncated }),
    );
  });
}
