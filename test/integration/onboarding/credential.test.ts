import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { probeHost } from "../../../remote/onboarding/probe-host.ts";
import type { ReadCredentialQuestion } from "../../../remote/onboarding/questions.ts";
import { readGatewayCredential } from "../../../remote/onboarding/read-credential.ts";
import { type Host, type HostOptions, startHost } from "./host.ts";

const { signal } = new AbortController();
const SECRET = "the-secret-of-this-gateway";

describe("a Gateway's credential, read over SSH", () => {
  let host: Host;
  afterEach(() => host?.stop());
  const questions: ReadCredentialQuestion[] = [];

  const read = async (
    files: Readonly<Record<string, string>>,
    options: HostOptions & { gateway?: "sidecar"; answer?: boolean } = {},
  ) => {
    host = await startHost(options);
    for (const [path, text] of Object.entries(files)) await host.write(path, text);
    const session = await host.connect();
    const probe = await probeHost(session, { signal });
    expect(JSON.stringify(probe)).not.toContain(SECRET);
    questions.length = 0;
    const readCredential = (question: ReadCredentialQuestion) => {
      questions.push(question);
      return Promise.resolve(options.answer ?? true);
    };
    const gateway = options.gateway ?? probe.openclaw;
    return readGatewayCredential(session, { probe, gateway, questions: { readCredential }, signal });
  };

  it("is the token of openclaw.json, after one question that names the file", async () => {
    const text = `// hi\n{ gateway: { auth: { mode: "token", token: "${SECRET}" } } }`;
    const found = await read({ ".openclaw/openclaw.json": text });
    expect(found.credential).toEqual({ token: SECRET });
    expect(found.evidence).toBe("token from ~/.openclaw/openclaw.json (gateway.auth.token)");
    expect(questions).toEqual([{ host: `${host.sshd.user}@lab`, file: join(host.home, ".openclaw/openclaw.json") }]);
  });

  it("is a password whose variable stands in the .env of the state directory that the host's environment names", async () => {
    const found = await read(
      {
        "elsewhere/openclaw.json": '{"gateway":{"auth":{"mode":"password","password":"${GATEWAY_PW}"}}}',
        "elsewhere/.env": `# mine\nexport GATEWAY_PW='${SECRET}'\n`,
      },
      { loginShell: 'OPENCLAW_STATE_DIR="~/elsewhere" exec /bin/bash -c "$SSH_ORIGINAL_COMMAND"' },
    );
    expect(found.credential).toEqual({ password: SECRET });
    expect(found.evidence).toContain("~/elsewhere/openclaw.json");
  });

  it("is the sidecar's own token, or what its config says instead", async () => {
    const own = await read({ ".openclaw-sidecar/gateway.token": `${SECRET}\n` }, { gateway: "sidecar" });
    expect(own.credential).toEqual({ token: SECRET });
    await host.stop();
    const config = `{gateway:{auth:{mode:"password",password:"${SECRET}"}}}`;
    const files = { ".openclaw-sidecar/gateway.token": "old", ".openclaw-sidecar/openclaw.json": config };
    expect((await read(files, { gateway: "sidecar" })).credential).toEqual({ password: SECRET });
  });

  it("is not read when the person says no", async () => {
    const files = { ".openclaw/openclaw.json": `{gateway:{auth:{token:"${SECRET}"}}}` };
    await expect(read(files, { answer: false })).rejects.toBeInstanceOf(CancelledError);
  });

  it("is said to be elsewhere when only the Gateway can open it", async () => {
    const files = { ".openclaw/openclaw.json": '{gateway:{auth:{token:{source:"exec",provider:"vault",id:"a/b"}}}}' };
    await expect(read(files)).rejects.toMatchObject({ code: "SECRET_UNRESOLVED" });
  });

  it.each([
    ["cut off in the middle", `{gateway:{auth:{token:"${SECRET}"`],
    ["larger than anybody writes", `{/*${"x".repeat(1_100_000)}*/gateway:{auth:{token:"${SECRET}"}}}`],
    ["full of what shells read", `{gateway:{auth:{token:$(touch "$HOME/pwned"); \`touch ~/pwned\`}}}`],
  ])("is not taken from a file that is %s, and nothing of it is run or told", async (_what, text) => {
    const failure: unknown = await read({ ".openclaw/openclaw.json": text }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "REMOTE_CONFIG_UNREADABLE" });
    expect(JSON.stringify([String(failure), failure])).not.toContain(SECRET);
    expect([...(await host.files()).keys()].filter((path) => path.includes("pwned"))).toEqual([]);
  });
});
