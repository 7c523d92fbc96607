import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type AskpassQuestion, openAskpassDesk } from "../../../remote/ssh/system/askpass-desk.ts";

describe("the desk that answers ssh", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-desk-"));
    return () => rm(directory, { recursive: true, force: true });
  });

  async function open() {
    const asked: AskpassQuestion[] = [];
    const answer = async (question: AskpassQuestion): Promise<string> => {
      asked.push(question);
      return "the answer";
    };
    const desk = await openAskpassDesk({ directory, askpassFile: "/nowhere/askpass.js", answer });
    onTestFinished(() => desk.dispose());
    const { OPENCLAW_ASKPASS_SOCKET: path = "", OPENCLAW_ASKPASS_SECRET: secret = "" } = desk.env;
    const say = (line: string): Promise<string> =>
      new Promise((resolve) => {
        let heard = "";
        const socket = connect(path, () => socket.write(line));
        socket.on("data", (chunk) => (heard += chunk.toString("utf8")));
        socket.on("error", () => undefined);
        socket.once("close", () => resolve(heard));
      });
    return { desk, asked, secret, say };
  }

  it("answers whoever knows the secret", async () => {
    const { secret, say, asked } = await open();
    expect(await say(`${JSON.stringify({ secret, prompt: "Password: " })}\n`)).toBe('"the answer"');
    expect(asked).toEqual([{ prompt: "Password: ", isNotice: false }]);
  });

  it("asks nobody for one who does not, whatever they say", async () => {
    const { secret, say, asked } = await open();
    const wrong = [
      { secret: "", prompt: "Password: " },
      { secret: `${secret.slice(1)}x`, prompt: "Password: " },
      { secret: "ü".repeat(secret.length), prompt: "Password: " },
      { secret: secret.slice(1), prompt: "Password: " },
      { prompt: "Password: " },
      { secret, prompt: 1 },
      [secret, "Password: "],
    ];
    for (const line of [...wrong.map((each) => JSON.stringify(each)), "", "{", "x".repeat(100_000)])
      expect(await say(`${line}\n`)).toBe("");
    expect(asked).toEqual([]);
  });

  it("keeps the secret out of its files, and its launcher for this user alone", async () => {
    const { desk } = await open();
    expect((await stat(join(directory, "askpass"))).mode & 0o777).toBe(0o700);
    const secret = desk.env["OPENCLAW_ASKPASS_SECRET"] ?? "";
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(await readFile(join(directory, "askpass"), "utf8")).not.toContain(secret);
  });

  it("is gone when it is closed", async () => {
    const { desk, secret, say, asked } = await open();
    desk.dispose();
    expect(await say(`${JSON.stringify({ secret, prompt: "Password: " })}\n`)).toBe("");
    expect(asked).toEqual([]);
  });
});
