import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { findGatewayPorts } from "../../../remote/transport/find-gateway.ts";
import { type Host, startHost, writeLock } from "./host.ts";

const { signal } = new AbortController();

describe("the port of OpenClaw, read on its host", () => {
  let host: Host;
  afterEach(() => host?.stop());

  it.for([
    ["fish", "/usr/bin/fish"],
    ["csh", "/usr/bin/csh"],
    ["tcsh", "/usr/bin/tcsh"],
    ["dash", "/bin/dash"],
    ["bash", "/bin/bash"],
  ] as const)(
    "is found when the login shell is %s, with a lock file and without one",
    async ([name, path], { skip }) => {
      skip(!existsSync(path), `${name} is not installed (apt-get install ${name})`);
      host = await startHost({ loginShell: `exec ${path} -c "$SSH_ORIGINAL_COMMAND"` });
      await host.write(".openclaw/openclaw.json", "// mine\n{ gateway: { port: 19000, }, }");
      const session = await host.connect();
      const find = () => findGatewayPorts(session, { signal, prefersSidecar: false });
      const configured = { port: 19_000, from: "openclaw.json" };
      expect(await find()).toEqual([configured]);
      await writeLock(host, ".openclaw", { port: 29_791 });
      expect(await find()).toEqual([{ port: 29_791, from: "lock file" }, configured]);
    },
  );
});
