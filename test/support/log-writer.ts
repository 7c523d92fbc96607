import { LogFile } from "../../sidecar/service/log-file.ts";

/** A process that only logs: `log-writer.ts PATH MAX_BYTES FILES LINES`, a burst every few milliseconds. */
const [path = "", maxBytes, files, lines] = process.argv.slice(2);
const log = new LogFile(path, { maxBytes: Number(maxBytes), files: Number(files) });
for (let index = 0; index < Number(lines); index++) {
  log.write(`line ${String(index).padStart(6, "0")}`);
  if (index % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
log.close();
