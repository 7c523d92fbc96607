import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const CLI = join(import.meta.dirname, "fake-tailscale-cli.mjs");
export const TAILNET_NAME = "box.tail1234.ts.net";

/** A person's device in the fake tailnet. */
export interface FakeDevice {
  readonly login: string;
  readonly tags?: readonly string[];
}

/** A `tailscale` command on a PATH of its own and a daemon on a socket of its own. */
export interface FakeTailscale {
  /** For the sidecar's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Whose address is whose; may be changed at any time. */
  readonly devices: Map<string, FakeDevice>;
  /** Addresses that the daemon was asked for. */
  readonly asked: string[];
  /** What `tailscale status` says: "Running" at first, "down" when there is no daemon. */
  setState(state: string): Promise<void>;
  /** What `tailscale serve` answers instead of doing it; empty to do it. */
  setRefusal(text: string): Promise<void>;
  /** Every call of the command, oldest first. */
  calls(): Promise<readonly (readonly string[])[]>;
  /** The port that the route leads to, undefined when there is none. */
  target(): Promise<number | undefined>;
  /** The process that holds the route, or held it last. */
  pid(): Promise<number>;
  /** The daemon no longer answers. */
  stopDaemon(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFakeTailscale(): Promise<FakeTailscale> {
  const dir = await mkdtemp(join(tmpdir(), "fake-tailscale-"));
  const command = join(dir, "tailscale");
  await copyFile(CLI, command);
  await chmod(command, 0o755);
  const devices = new Map<string, FakeDevice>();
  const asked: string[] = [];
  const socket = join(dir, "tailscaled.sock");
  const daemon = createServer((request, response) => {
    // The real one answers to no other name, so that no web page can ask it.
    if (request.headers.host !== "local-tailscaled.sock") return response.writeHead(403).end();
    const url = new URL(request.url ?? "", "http://local");
    const address = /^(?:\[(.+)\]|(.+)):0$/.exec(url.searchParams.get("addr") ?? "");
    const ip = address?.[1] ?? address?.[2] ?? "";
    asked.push(ip);
    const device = devices.get(ip);
    if (url.pathname !== "/localapi/v0/whois" || device === undefined)
      return response.writeHead(404).end("no match for IP:port");
    const node = { Name: "device", ...(device.tags === undefined ? {} : { Tags: device.tags }) };
    const body = { Node: node, UserProfile: { ID: 1, LoginName: device.login, DisplayName: "Somebody" }, CapMap: {} };
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => daemon.listen(socket, resolve));
  const read = (name: string): Promise<string> => readFile(join(dir, name), "utf8").catch(() => "");
  return {
    env: {
      PATH: `${dir}${delimiter}${process.env["PATH"] ?? ""}`,
      FAKE_TAILSCALE_DIR: dir,
      OPENCLAW_SIDECAR_TAILSCALED_SOCKET: socket,
    },
    devices,
    asked,
    setState: (state) => writeFile(join(dir, "state"), state),
    setRefusal: (text) => writeFile(join(dir, "refusal"), text),
    async calls() {
      const lines = (await read("argv.log")).split("\n").filter((line) => line !== "");
      return lines.map((line) => JSON.parse(line) as string[]);
    },
    async target() {
      const port = /"Proxy":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(await read("serve.json"))?.[1];
      return port === undefined ? undefined : Number(port);
    },
    pid: async () => Number(await read("pid")),
    stopDaemon: () => close(daemon),
    async stop() {
      await close(daemon);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
