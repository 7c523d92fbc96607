import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { GatewaySocket } from "../../../protocol/client/socket.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { type Ladder, LadderReporter, climb, emptyLadder } from "../../../protocol/ladder/steps.ts";
import type { SshEnvironment } from "../../../remote/ssh/config/environment.ts";
import type { SshPrompts } from "../../../remote/ssh/prompts.ts";
import type { Sshd } from "../../support/sshd.ts";

/** An SshEnvironment whose home is the private one of a test server. */
export function environmentOf(
  sshd: Pick<Sshd, "home" | "configFile" | "user">,
  more: Partial<SshEnvironment> = {},
): SshEnvironment {
  return {
    home: sshd.home,
    localUser: sshd.user,
    localHost: "test.example",
    env: {},
    platform: process.platform,
    configFiles: [{ path: sshd.configFile, includeFrom: `${sshd.home}/.ssh` }],
    ...more,
  };
}

/** Prompts that fail the test when they are used and were not expected. */
export function prompts(expected: Partial<SshPrompts> = {}): SshPrompts {
  const unexpected = (what: string) => () => Promise.reject(new Error(`an unexpected prompt: ${what}`));
  return {
    hostKey: unexpected("host key"),
    passphrase: unexpected("passphrase"),
    password: unexpected("password"),
    keyboardInteractive: unexpected("keyboard-interactive"),
    ...expected,
  };
}

export interface Climb {
  readonly context: OpenContext;
  readonly abort: AbortController;
  ladder(): Ladder;
  /** `step status` of every rung that has been touched, in order. */
  rungs(): readonly string[];
}

export function newClimb(options: { interactive?: boolean; onStep?: (step: string) => void } = {}): Climb {
  const abort = new AbortController();
  let ladder = emptyLadder;
  const reporter = new LadderReporter((event) => {
    ladder = climb(ladder, event);
    if (event.type === "started") options.onStep?.(event.step);
  });
  return {
    context: { signal: abort.signal, ladder: reporter, interactive: options.interactive ?? true },
    abort,
    ladder: () => ladder,
    rungs: () => ladder.filter(({ status }) => status !== "pending").map(({ step, status }) => `${step} ${status}`),
  };
}

/** A WebSocket server on loopback that greets and sends everything back. */
export async function startEcho(): Promise<{ port: number; sockets: Set<WebSocket>; stop(): Promise<void> }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  const sockets = new Set<WebSocket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.send("hello");
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    stop() {
      for (const socket of sockets) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Collects what a socket says and lets a test wait for it. */
export function listenTo(socket: GatewaySocket): {
  next(): Promise<string>;
  readonly closed: Promise<{ code: number; reason: string }>;
} {
  const messages: string[] = [];
  const waiting: ((message: string) => void)[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.listen({
      message(data) {
        const first = waiting.shift();
        if (first === undefined) messages.push(data);
        else first(data);
      },
      close: (code, reason) => resolve({ code, reason }),
    });
  });
  return {
    next() {
      const message = messages.shift();
      return message === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(message);
    },
    closed,
  };
}
