import { afterEach, describe, expect, it } from "vitest";
import {
  type BadGateway,
  challenge,
  helloOk,
  tcpServer,
  webServer,
  webSocketServer,
} from "../../support/bad-gateways.ts";
import { type CliRun, runCliProcess } from "../../support/cli.ts";

const SECRET = "hunter22-secret-token";
const TIMEOUT_MS = 1_000;
/** What a process may need beside the time that it was given, on a busy machine. */
const START_MS = 5_000;

const servers: BadGateway[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

async function against(server: Promise<BadGateway>, ...more: string[]): Promise<CliRun> {
  const { url } = await started(server);
  const args = ["health", "--url", url, "--timeout", String(TIMEOUT_MS), ...more];
  return runCliProcess(args, { OPENCLAW_GATEWAY_TOKEN: SECRET });
}

async function started(server: Promise<BadGateway>): Promise<BadGateway> {
  const running = await server;
  servers.push(running);
  return running;
}

/** One line on stderr, nothing on stdout, no secret anywhere. */
function oneSentence({ stdout, stderr }: CliRun): string {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^[^\n]+[.`]\n$/);
  expect(stderr).not.toContain(SECRET);
  return stderr;
}

const refusal = (id: string, error: unknown) => ({ type: "res", id, ok: false, error });
const stalls: readonly (readonly [name: string, server: () => Promise<BadGateway>, step: string])[] = [
  ["accepts and says nothing", () => tcpServer(() => undefined), "websocket"],
  ["opens a WebSocket and never challenges", () => webSocketServer({}), "protocol"],
  ["challenges and never says hello", () => webSocketServer({ greeting: challenge() }), "protocol"],
  [
    "says hello and never answers",
    () =>
      webSocketServer({
        greeting: challenge(),
        reply: ({ id, method }) => (method === "connect" ? helloOk(id) : undefined),
      }),
    "waiting for the answer",
  ],
];

describe("a server that stalls", () => {
  it.each(stalls)("%s: the command ends within its time and says where it waited", async (_name, server, step) => {
    const run = await against(server());
    expect(run.code).toBe(3);
    expect(oneSentence(run)).toContain(`did not answer within ${TIMEOUT_MS} ms`);
    expect(run.stderr).toContain(step);
    expect(run.ms).toBeLessThan(TIMEOUT_MS + START_MS);
  });
});

describe("a server that is no Gateway of ours", () => {
  it("that refuses the port is named with the port", async () => {
    const gone = await tcpServer(() => undefined);
    await gone.stop();
    const run = await runCliProcess(["status", "--url", gone.url]);
    expect(run.code).toBe(3);
    expect(oneSentence(run)).toMatch(`127.0.0.1 refused the connection on port ${gone.port}`);
  });

  it.each([200, 404, 500])("that is a web server answering %d is said to be no Gateway", async (status) => {
    const run = await against(webServer(status));
    expect(run.code).toBe(5);
    oneSentence(run);
  });

  it("that speaks another protocol altogether is said to be no Gateway", async () => {
    const run = await against(tcpServer((socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n")));
    expect(run.code).toBe(5);
    oneSentence(run);
  });

  it.each(["hello", "[]", '{"type":"event","event":"other"}'])(
    "that greets with %s is said to be no Gateway",
    async (greeting) => {
      const run = await against(webSocketServer({ greeting }));
      expect(run.code).toBe(5);
      oneSentence(run);
    },
  );

  it("that hangs up at once is unreachable", async () => {
    const run = await against(tcpServer((socket) => socket.destroy()));
    expect(run.code).toBe(3);
    oneSentence(run);
  });

  it("that speaks another protocol version says so", async () => {
    const error = {
      code: "INVALID_REQUEST",
      message: "protocol mismatch",
      details: { code: "PROTOCOL_MISMATCH", expectedProtocol: 5 },
    };
    const run = await against(webSocketServer({ greeting: challenge(), reply: ({ id }) => refusal(id, error) }));
    expect(run.code).toBe(5);
    expect(oneSentence(run)).toContain("protocol mismatch");
  });

  it("cannot move the cursor with what it says", async () => {
    const error = { code: "INVALID_REQUEST", message: "\u001b[2Jevil\nsecond line", details: {} };
    const run = await against(webSocketServer({ greeting: challenge(), reply: ({ id }) => refusal(id, error) }));
    expect(oneSentence(run)).not.toContain("\u001b");
  });
});

describe("--json", () => {
  it("gives a failure as one object on stdout, with the same exit code", async () => {
    const run = await against(webServer(200), "--json");
    expect(run.code).toBe(5);
    expect(run.stderr).toBe("");
    expect(JSON.parse(run.stdout)).toEqual({
      ok: false,
      error: { code: "NOT_A_GATEWAY", message: expect.any(String) },
    });
  });

  it("gives a wrong command line the same way", async () => {
    const run = await runCliProcess(["health", "--json", "--timeout", "soon"]);
    expect(run.code).toBe(2);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, error: { code: "USAGE" } });
  });
});
