import { open } from "node:fs/promises";

/** A file that is there but cannot be used; `message` is the reason as the end of a sentence ("it cannot be read (EACCES)"). */
class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
}

/**
 * Reads a UTF-8 file of at most `maxBytes`. A file that is not there reads as empty.
 * @throws UnreadableFile
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new UnreadableFile(`it is larger than ${maxBytes} bytes`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw new UnreadableFile(`it cannot be read (${code})`, { cause: error });
  }
}
