import { vi } from "vitest";
import type { GatewayCredential } from "../../../protocol/client/credentials.ts";
import type { GatewaySocket, SocketHandlers } from "../../../protocol/client/socket.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { LadderReporter, climb as climbLadder, emptyLadder } from "../../../protocol/ladder/steps.ts";
import { type ClimbHelp, climb } from "../../../extension/connection/climb.ts";
import { CredentialStore } from "../../../extension/connection/credential-store.ts";
import { secretDeviceKey } from "../../../extension/connection/device-key.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { HOME, secrets } from "./fakes.ts";

/** What a Gateway in memory refuses a right token with, as long as it does. */
export interface PairingDemand {
  readonly requestId: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A Gateway in memory that wants this token, and perhaps that somebody approves the device. */
function tokenGateway(token: string | undefined, demand: () => PairingDemand | undefined = () => undefined) {
  const seen: unknown[] = [];
  const open = (): GatewaySocket => {
    let handlers: SocketHandlers | undefined;
    let isOpen = true;
    const say = (frame: unknown) => queueMicrotask(() => handlers?.message(JSON.stringify(frame)));
    return {
      isOpen: () => isOpen,
      send: (data) => {
        const { id, method, params } = JSON.parse(data);
        if (method !== "connect") return say({ type: "res", id, ok: true, payload: { ok: true } });
        seen.push(params.auth ?? null);
        const given = params.auth?.token;
        const refuse = (details: unknown, more = {}) =>
          say({ type: "res", id, ok: false, error: { code: "INVALID_REQUEST", message: "no", details, ...more } });
        if (token !== undefined && given !== token)
          return refuse({ code: given === undefined ? "AUTH_TOKEN_MISSING" : "AUTH_TOKEN_MISMATCH" });
        const pairing = demand();
        if (pairing !== undefined) {
          const { requestId, more } = pairing;
          const wish = { requestedRole: "operator", requestedScopes: params.scopes, ...more };
          return refuse({ code: "PAIRING_REQUIRED", reason: "not-paired", requestId, ...wish });
        }
        const auth = { role: "operator", scopes: params.scopes, method: "token" };
        return say({ type: "res", id, ok: true, payload: { type: "hello-ok", protocol: 4, auth } });
      },
      close: (code = 1000) => {
        if (!isOpen) return;
        isOpen = false;
        queueMicrotask(() => handlers?.close(code, ""));
      },
      listen: (given) => {
        handlers = given;
        say({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: 1 } });
      },
      ping: async () => 1,
    };
  };
  return { seen, open };
}

export interface ClimbingOptions {
  readonly typed?: string;
  readonly stored?: string;
  readonly interactive?: boolean;
  readonly help?: ClimbHelp;
  readonly demand?: () => PairingDemand | undefined;
  /** How often nothing answers before the Gateway is there. */
  readonly absences?: number;
}

/** One climb to a Gateway in memory that wants this token. */
export function climbing(token: string | undefined, options: ClimbingOptions = {}) {
  const gateway = tokenGateway(token, options.demand);
  const storage = secrets();
  const credentials = new CredentialStore(storage, () => undefined);
  const ask = vi.fn(async (_signal: AbortSignal, _why?: ConnectError): Promise<GatewayCredential | undefined> =>
    options.typed === undefined ? undefined : { token: options.typed },
  );
  const local = vi.fn(async (): Promise<{ token: string } | undefined> => undefined);
  const abort = new AbortController();
  let ladder = emptyLadder;
  let opened = 0;
  let absences = options.absences ?? 0;
  const run = async () => {
    if (options.stored !== undefined) await credentials.save(HOME.target, { token: options.stored });
    return climb(
      {
        target: HOME.target,
        transport: {
          path: "memory",
          open: async ({ ladder: reporter }) => {
            // As over SSH, where the second socket uses the connection of the first.
            if (opened++ === 0) reporter.pass("resolve", "10.0.0.1");
            else reporter.skip("resolve");
            reporter.start("find-gateway");
            if (absences-- > 0) {
              const facts = [{ label: "port", value: "18789" }] as const;
              throw new ConnectError("GATEWAY_NOT_RUNNING", "nothing there", { facts });
            }
            reporter.pass("find-gateway");
            return gateway.open();
          },
          dispose: () => undefined,
        },
        credentials,
        sources: { local, ask },
        identity: () => loadDeviceIdentity(secretDeviceKey(storage)),
        client: { id: "gateway-client", mode: "ui", version: "1", platform: "linux", displayName: "Test" },
        help: options.help,
      },
      {
        signal: abort.signal,
        interactive: options.interactive ?? true,
        ladder: new LadderReporter((event) => void (ladder = climbLadder(ladder, event))),
      },
    );
  };
  return { run, ask, local, credentials, gateway, abort, ladder: () => ladder };
}
