import { randomBytes, timingSafeEqual } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { own } from "../../config/own.ts";
import type { Disposable } from "../../../protocol/util/disposable.ts";

export interface AskpassQuestion {
  readonly prompt: string;
  /** ssh only tells something ("touch your key"); it ends the program by itself. */
  readonly isNotice: boolean;
}

/** Undefined: no answer, and ssh is told so. */
export type AnswerQuestion = (question: AskpassQuestion, signal: AbortSignal) => Promise<string | undefined>;

export interface AskpassDesk extends Disposable {
  /** For the environment of ssh. */
  readonly env: Readonly<Record<string, string>>;
}

const MAX_QUESTION = 64 * 1024;
/** Fixed text: nothing is put into it. Electron's executable is a Node when it is told to be one. */
const LAUNCHER =
  '#!/bin/sh\nexport ELECTRON_RUN_AS_NODE=1\nexec "$OPENCLAW_ASKPASS_NODE" "$OPENCLAW_ASKPASS_FILE" "$@"\n';

/**
 * Takes the questions of one ssh, in a directory that only this user can enter. Whoever asks must know a secret that is in the
 * environment of that ssh alone.
 */
export async function openAskpassDesk(options: {
  readonly directory: string;
  readonly askpassFile: string;
  readonly answer: AnswerQuestion;
}): Promise<AskpassDesk> {
  const { directory, askpassFile } = options;
  const launcher = join(directory, "askpass");
  await writeFile(launcher, LAUNCHER, { mode: 0o700 });
  const secret = randomBytes(32).toString("hex");
  const path = join(directory, "ask");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, secret, options.answer);
  });
  await listen(server, path);
  return {
    env: {
      SSH_ASKPASS: launcher,
      SSH_ASKPASS_REQUIRE: "force",
      OPENCLAW_ASKPASS_NODE: process.execPath,
      OPENCLAW_ASKPASS_FILE: askpassFile,
      OPENCLAW_ASKPASS_SOCKET: path,
      OPENCLAW_ASKPASS_SECRET: secret,
    },
    dispose() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}

function serve(socket: Socket, secret: string, answer: AnswerQuestion): void {
  const gone = new AbortController();
  let text = "";
  socket.setEncoding("utf8");
  socket.on("error", () => undefined);
  socket.once("close", () => gone.abort());
  const hear = (chunk: string): void => {
    text += chunk;
    if (text.length > MAX_QUESTION) return void socket.destroy();
    if (!text.includes("\n")) return;
    socket.off("data", hear);
    socket.resume();
    const question = questionIn(text, secret);
    if (question === undefined) return void socket.destroy();
    answer(question, gone.signal).then(
      (given) => (question.isNotice ? undefined : socket.end(given === undefined ? "" : JSON.stringify(given))),
      () => socket.destroy(),
    );
  };
  socket.on("data", hear);
}

function questionIn(line: string, secret: string): AskpassQuestion | undefined {
  let asked: unknown;
  try {
    asked = JSON.parse(line);
  } catch {
    return undefined;
  }
  const [prompt, proof] = [own(asked, "prompt"), own(asked, "secret")];
  if (typeof prompt !== "string" || typeof proof !== "string") return undefined;
  const [given, wanted] = [Buffer.from(proof), Buffer.from(secret)];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  return { prompt, isNotice: own(asked, "hint") === "none" };
}
