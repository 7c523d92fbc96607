import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { createServer } from "node:net";
import { errnoOf } from "../../config/startup-error.ts";
import { isRecord } from "../../json.ts";
import { isGateway, isReady } from "../probe.ts";
import type { DoctorContext, Finding } from "./finding.ts";

const DEFAULT_PORT = 18_789;
const PROBE_TIMEOUT_MS = 2_000;
const LOOPBACK = "127.0.0.1";
const LOOPBACK_BINDS = new Set(["loopback", "auto"]);

/** The port that the sidecar has, or would take: answering, free, or somebody else's. */
export async function checkPort({ running, config }: DoctorContext): Promise<readonly Finding[]> {
  const finding = { id: "port", title: "Port" } as const;
  if (running.kind === "ours") {
    const { url, pid } = running.info;
    if (await isReady(url, PROBE_TIMEOUT_MS)) {
      return [{ ...finding, severity: "ok", evidence: `the sidecar (process ${pid}) answers on ${url}` }];
    }
    const evidence = `the sidecar (process ${pid}) runs, but does not answer on ${url} within ${PROBE_TIMEOUT_MS} ms`;
    return [{ ...finding, severity: "error", evidence, remedy: "Run `openclaw-sidecar restart --force`." }];
  }
  const port = config.ok ? (config.value.port ?? DEFAULT_PORT) : DEFAULT_PORT;
  const code = await tryListen(LOOPBACK, port);
  if (code === undefined) {
    return [{ ...finding, severity: "info", evidence: `no sidecar runs; port ${port} is free for it` }];
  }
  if (code !== "EADDRINUSE") {
    const remedy = "Choose another with gateway.port in the config.";
    return [{ ...finding, severity: "error", evidence: `port ${port} cannot be opened (${code})`, remedy }];
  }
  const who = (await isGateway(`ws://${LOOPBACK}:${port}`, PROBE_TIMEOUT_MS)) ? "another Gateway" : "another program";
  const remedy = "Stop that program, or choose another port with gateway.port in the config.";
  return [{ ...finding, severity: "warning", evidence: `no sidecar runs, and ${who} has port ${port}`, remedy }];
}

/** Who can reach it: what the config asks for, and what this computer's addresses really show. */
export async function checkExposure(context: DoctorContext): Promise<readonly Finding[]> {
  const found = [...wishedExposure(context.rawConfig), ...(await measuredExposure(context))];
  if (found.length > 0) return found;
  const { running } = context;
  const evidence =
    running.kind === "ours"
      ? `port ${running.info.port} is open on loopback only`
      : "the config asks for loopback only";
  return [{ id: "exposure", severity: "ok", title: "Exposure", evidence }];
}

/** Pure: what a config opens. */
export function wishedExposure(raw: unknown): readonly Finding[] {
  const gateway = objectOf(raw, "gateway");
  const auth = objectOf(gateway, "auth");
  const bind = gateway["bind"] ?? "loopback";
  const finding = { id: "exposure", title: "Exposure" } as const;
  const found: Finding[] = [];
  const isOpen = typeof bind === "string" && !LOOPBACK_BINDS.has(bind);
  if (isOpen && auth["mode"] === "none") {
    const remedy = 'Set gateway.auth.mode to "token".';
    found.push({ ...finding, severity: "error", evidence: `gateway.bind is "${bind}" without authentication`, remedy });
  } else if (auth["mode"] === "none") {
    const remedy = 'Set gateway.auth.mode to "token": every program on this computer can use the Gateway now.';
    found.push({ ...finding, severity: "warning", evidence: 'gateway.auth.mode is "none"', remedy });
  }
  if (isOpen && bind !== "tailnet" && objectOf(gateway, "tls")["enabled"] !== true) {
    const remedy = 'Use "loopback" and reach it over SSH, or turn on gateway.tls.';
    const evidence = `gateway.bind is "${bind}" without TLS: the token crosses the network in clear`;
    found.push({ ...finding, severity: "warning", evidence, remedy });
  }
  const origins = objectOf(gateway, "controlUi")["allowedOrigins"];
  if (Array.isArray(origins) && origins.includes("*")) {
    const remedy = "Name the origins that you use; any web page can try to connect now.";
    found.push({ ...finding, severity: "warning", evidence: 'gateway.controlUi.allowedOrigins has "*"', remedy });
  }
  if (objectOf(gateway, "tailscale")["mode"] === "funnel") {
    const remedy = 'Use "serve" unless the whole internet is meant.';
    found.push({ ...finding, severity: "warning", evidence: 'gateway.tailscale.mode is "funnel"', remedy });
  }
  return found;
}

/** Tries to take the port on each other address of this computer: where that fails, somebody listens. */
async function measuredExposure({ running, rawConfig }: DoctorContext): Promise<readonly Finding[]> {
  if (running.kind !== "ours") return [];
  const bind = objectOf(rawConfig, "gateway")["bind"] ?? "loopback";
  if (typeof bind === "string" && !LOOPBACK_BINDS.has(bind)) return [];
  const { port } = running.info;
  const outward = Object.values(networkInterfaces())
    .flatMap((list): NetworkInterfaceInfo[] => list ?? [])
    .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0);
  const codes = await Promise.all(outward.map(({ address }) => tryListen(address, port)));
  const open = outward.filter((_, index) => codes[index] === "EADDRINUSE").map(({ address }) => address);
  if (open.length === 0) return [];
  const evidence = `port ${port} is also open on ${open.join(", ")}`;
  const remedy = "Find out which program listens there; the sidecar's config asks for loopback.";
  return [{ id: "exposure", severity: "warning", title: "Exposure", evidence, remedy }];
}

function objectOf(value: unknown, key: string): Record<string, unknown> {
  const found = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isRecord(found) ? found : {};
}

/** The errno name of an attempt to listen, undefined when it went well. Nothing is sent. */
function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errnoOf(error) ?? "error"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
