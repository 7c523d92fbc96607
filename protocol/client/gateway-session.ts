import { type GatewayBrowserDeviceAuthPlan, GatewayProtocolClient } from "@openclaw/gateway-client/browser";
import { PROTOCOL_VERSION } from "@openclaw/gateway-protocol/version";
import { ERRORS } from "../errors/catalogue.ts";
import { CancelledError, ConnectError } from "../errors/connect-error.ts";
import type { ClientInfo } from "../gateway/identity.ts";
import { type Hello, readHello } from "../gateway/hello.ts";
import { asObject } from "../gateway/json.ts";
import type { LadderReporter, LadderStep } from "../ladder/steps.ts";
import type { Disposable } from "../util/disposable.ts";
import { Emitter } from "../util/emitter.ts";
import { deviceAuth } from "./device-auth.ts";
import { closeToError, refusalToError } from "./connect-failure.ts";
import type { DeviceIdentity, DeviceTokenStore, GatewayCredential } from "./credentials.ts";
import { type RequestOptions, toRequestFailure } from "./request-error.ts";
import type { GatewaySocket } from "./socket.ts";

/** How long a Gateway may take to challenge us, milliseconds. */
const CHALLENGE_TIMEOUT_MS = 10_000;

export interface GatewayEvent {
  readonly event: string;
  readonly payload: unknown;
  /** Contiguous per socket; absent on `connect.challenge`. */
  readonly seq?: number;
}

/** One socket after a successful handshake. It does not reconnect; see `GatewayConnection`. */
export interface GatewaySession {
  readonly hello: Hello;
  /** Rejects with `GatewayRequestError` (the Gateway's answer), or `ConnectError` when the link is gone. */
  request<T = unknown>(method: string, params?: unknown, options?: RequestOptions): Promise<T>;
  onEvent(listener: (event: GatewayEvent) => void): Disposable;
  /** Frames are missing: what was derived from events must be read again. */
  onGap(listener: () => void): Disposable;
  /** Resolves once, with the reason, when the socket is gone. */
  readonly closed: Promise<ConnectError>;
  ping(timeoutMs: number): Promise<number>;
  close(): void;
}

export interface SessionOptions {
  readonly socket: GatewaySocket;
  readonly client: ClientInfo;
  readonly role: "operator" | "node";
  readonly scopes: readonly string[];
  readonly caps: readonly string[];
  readonly credential: GatewayCredential;
  readonly identity: DeviceIdentity | null;
  readonly tokens: DeviceTokenStore | null;
  readonly ladder: LadderReporter;
  readonly signal: AbortSignal;
  /** Default for requests, milliseconds; 30,000 when absent. */
  readonly requestTimeoutMs?: number;
}

/**
 * Shakes hands over an open socket (challenge, signed `connect`, `hello-ok`) and climbs the rungs `protocol`,
 * `credential`, `pairing` and `scopes`. Rejects with `ConnectError` or `CancelledError`; the socket is closed then.
 */
export async function openGatewaySession(options: SessionOptions): Promise<GatewaySession> {
  const { ladder, signal } = options;
  const handshake = new Handshake(options);
  const onAbort = () => handshake.fail(new CancelledError());
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    ladder.start("protocol");
    const hello = await handshake.run();
    passHelloRungs(ladder, hello, options);
    return handshake.session(hello);
  } catch (error) {
    handshake.close();
    if (error instanceof ConnectError) passRungsBefore(ladder, error.step ?? ERRORS[error.code].step);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** One handshake and the session it becomes: the only owner of its `GatewayProtocolClient` and socket. */
class Handshake {
  readonly #options: SessionOptions;
  readonly #client: GatewayProtocolClient<GatewayBrowserDeviceAuthPlan>;
  readonly #auth: ReturnType<typeof deviceAuth>;
  readonly #events = new Emitter<GatewayEvent>();
  readonly #gaps = new Emitter<void>();
  readonly #hello = Promise.withResolvers<Hello>();
  readonly #closed = Promise.withResolvers<ConnectError>();
  #failure: ConnectError | CancelledError | undefined;
  #helloReceived = false;
  #firstFrameSeen = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#auth = deviceAuth(options.identity, options.tokens);
    this.#client = this.#createClient();
  }

  run(): Promise<Hello> {
    if (this.#failure === undefined) this.#client.start();
    return this.#hello.promise;
  }

  /** Ends the handshake with this error; the first one counts. */
  fail(error: ConnectError | CancelledError): void {
    this.#failure ??= error;
    this.#hello.reject(this.#failure);
    this.close();
  }

  close(): void {
    this.#client.stop();
    this.#options.socket.close(1000);
  }

  session(hello: Hello): GatewaySession {
    return {
      hello,
      request: async (method, params = {}, { timeoutMs, signal } = {}) => {
        try {
          return await this.#client.request(method, params, {
            ...(timeoutMs === undefined ? {} : { timeoutMs }),
            ...(signal === undefined ? {} : { signal }),
          });
        } catch (error) {
          throw toRequestFailure(error, { method, signal });
        }
      },
      onEvent: this.#events.event,
      onGap: this.#gaps.event,
      closed: this.#closed.promise,
      ping: (timeoutMs) => this.#options.socket.ping(timeoutMs),
      close: () => this.close(),
    };
  }

  #createClient() {
    const options = this.#options;
    return new GatewayProtocolClient<GatewayBrowserDeviceAuthPlan>({
      createSocket: (handlers) => {
        const { socket } = options;
        // After `createSocket` has returned, because the client knows its socket only then.
        queueMicrotask(() => {
          handlers.open();
          socket.listen({
            message: (data) => {
              if (this.#looksLikeGateway(data)) handlers.message(data);
            },
            close: handlers.close,
          });
        });
        return {
          isOpen: () => socket.isOpen(),
          send: (data) => socket.send(data),
          close: (code, reason) => socket.close(code, reason),
        };
      },
      createRequestId: () => crypto.randomUUID(),
      buildConnectPlan: ({ nonce, challengeTs }) =>
        this.#auth.buildPlan({
          client: { ...options.client },
          role: options.role,
          defaultScopes: options.scopes,
          ...options.credential,
          nonce,
          ...(challengeTs === undefined ? {} : { challengeTs }),
        }),
      buildConnectParams: (plan) => ({
        minProtocol: PROTOCOL_VERSION,
        maxProtocol: PROTOCOL_VERSION,
        client: options.client,
        caps: options.caps,
        role: options.role,
        scopes: plan.scopes,
        ...(plan.auth === undefined ? {} : { auth: plan.auth }),
        ...(plan.device === undefined ? {} : { device: plan.device }),
      }),
      onConnectPlanError: (error) => {
        this.fail(
          new ConnectError("DEVICE_REFUSED", "This device's identity could not be used to sign in.", { cause: error }),
        );
        return { closeCode: 1000, closeReason: "no identity", stop: true };
      },
      onConnectHello: (payload, { plan }) => {
        const hello = readHello(payload);
        if (hello === undefined) {
          this.fail(
            new ConnectError("PROTOCOL_VIOLATION", "The Gateway's hello-ok is malformed.", { step: "protocol" }),
          );
          return;
        }
        this.#helloReceived = true;
        // A device token that could not be stored only costs the next connect a prompt.
        void this.#auth.acceptHello(payload, plan).catch(() => undefined);
        this.#hello.resolve(hello);
      },
      onConnectFailure: (error, { plan }) => {
        this.#failure ??= refusalToError({
          code: error.gatewayCode,
          message: error.message,
          details: error.details,
          retryAfterMs: error.retryAfterMs,
        });
        const stale = plan.selectedAuth.usingStoredDeviceToken === true && isWrongCredential(this.#failure);
        if (stale) void this.#auth.clearStoredToken(plan).catch(() => undefined);
        return { closeCode: 1008, closeReason: "connect failed", stop: true };
      },
      resolveClose: () => ({ retry: false, notify: true }),
      onClose: ({ code, reason }) => {
        const error = this.#failure ?? closeToError({ code, reason, helloReceived: this.#helloReceived });
        this.#hello.reject(error);
        this.#closed.resolve(
          error instanceof ConnectError ? error : closeToError({ code: 1000, reason: "", helloReceived: true }),
        );
      },
      notifyStoppedClose: true,
      onEvent: ({ event, payload, seq }) =>
        this.#events.fire({ event, payload, ...(seq === undefined ? {} : { seq }) }),
      onGap: () => this.#gaps.fire(),
      handshake: { mode: "require-challenge", timeoutMs: CHALLENGE_TIMEOUT_MS },
      onConnectError: (error) => {
        if (this.#failure !== undefined || !error.message.startsWith("gateway connect challenge")) return;
        const sentence = "A WebSocket opened, but nothing spoke the OpenClaw protocol on it.";
        this.fail(new ConnectError("HANDSHAKE_TIMEOUT", sentence, { cause: error }));
      },
      reconnect: { initialMs: 1_000, multiplier: 2, maxMs: 30_000 },
      ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
    });
  }

  /** The first frame tells whether this is a Gateway at all; waiting for the time-out would not. */
  #looksLikeGateway(data: string): boolean {
    if (this.#firstFrameSeen) return true;
    this.#firstFrameSeen = true;
    if (isChallenge(data)) return true;
    this.fail(
      new ConnectError("NOT_A_GATEWAY", "The server speaks WebSocket, but it is not an OpenClaw Gateway.", {
        step: "protocol",
      }),
    );
    return false;
  }
}

function isWrongCredential(error: Error): boolean {
  return error instanceof ConnectError && error.code === "CREDENTIAL_WRONG";
}

function isChallenge(data: string): boolean {
  try {
    const frame = asObject(JSON.parse(data));
    return frame["type"] === "event" && frame["event"] === "connect.challenge";
  } catch {
    return false;
  }
}

/** A refusal of a later rung proves the earlier ones: a Gateway that judges a token speaks the protocol. */
function passRungsBefore(ladder: LadderReporter, failed: LadderStep): void {
  const rungs: readonly LadderStep[] = ["protocol", "credential", "pairing", "scopes"];
  for (const rung of rungs.slice(0, Math.max(0, rungs.indexOf(failed)))) {
    if (!ladder.hasPassed(rung)) ladder.pass(rung);
  }
}

function passHelloRungs(ladder: LadderReporter, hello: Hello, options: SessionOptions): void {
  ladder.pass("protocol", `v${hello.protocol}, ${hello.version}`);
  ladder.pass("credential", hello.authMethod);
  if (options.identity === null) ladder.skip("pairing");
  else ladder.pass("pairing", options.identity.deviceId.slice(0, 8));
  const missing = options.scopes.filter((scope) => !hello.scopes.includes(scope));
  if (hello.scopes.length === 0 && options.scopes.length > 0) {
    const facts = [{ label: "detail", value: missing.join(", ") }] as const;
    throw new ConnectError(
      "SCOPES_MISSING",
      `The Gateway let us in without any scope; asked for ${missing.join(", ")}.`,
      { facts },
    );
  }
  ladder.pass(
    "scopes",
    missing.length === 0 ? `${hello.scopes.length}` : `${hello.scopes.length}, without ${missing.join(", ")}`,
  );
}
