import type { HelloOptions } from "../../support/raw-gateway-client.ts";
import { check, type ContractCheck, type ContractGroup } from "../contract-check.ts";
import type { OpenOptions } from "../visit.ts";

const ORIGIN_MESSAGE =
  "origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)";

interface Refusal {
  readonly hello: HelloOptions;
  readonly open?: OpenOptions;
  readonly code?: string;
  readonly message: string;
  readonly details?: Record<string, unknown>;
  readonly close?: number;
}

/** A refused connect: the error, then a close whose reason is the error's message. */
function refuses(name: string, refusal: Refusal): ContractCheck {
  return check(name, async (visit, expect) => {
    const { error, closing } = await visit.refused(refusal.hello, refusal.open);
    expect(error).toMatchObject({ code: refusal.code ?? "INVALID_REQUEST", message: refusal.message });
    if (refusal.details) expect(error.details).toMatchObject(refusal.details);
    expect(closing).toEqual({ code: refusal.close ?? 1008, reason: refusal.message });
  });
}

const invalid = (text: string): string => `invalid connect params: ${text}`;

export const refusals: ContractGroup = {
  about: "a refused connect",
  checks: [
    refuses("names a wrong token", {
      hello: { auth: { token: "wrong" } },
      message: "unauthorized: gateway token mismatch (provide gateway auth token)",
      details: { code: "AUTH_TOKEN_MISMATCH", authReason: "token_mismatch" },
    }),
    refuses("names a missing token", {
      hello: { auth: undefined },
      message: "unauthorized: gateway token missing (provide gateway auth token)",
      details: { code: "AUTH_TOKEN_MISSING", authReason: "token_missing", canRetryWithDeviceToken: false },
    }),
    refuses("takes an empty token for a missing one", {
      hello: { auth: { token: "" } },
      message: "unauthorized: gateway token missing (provide gateway auth token)",
      details: { code: "AUTH_TOKEN_MISSING" },
    }),
    refuses("does not take another password", {
      hello: { auth: { password: "wrong" } },
      message: "unauthorized: gateway token mismatch (provide gateway auth token)",
      details: { code: "AUTH_TOKEN_MISMATCH" },
    }),
    refuses("asks who is there when neither token nor device came", {
      hello: { auth: undefined, identity: null },
      code: "NOT_PAIRED",
      message: "device identity required",
      details: { code: "DEVICE_IDENTITY_REQUIRED" },
    }),
    refuses("of protocol 3 says which protocol it speaks", {
      hello: { minProtocol: 3, maxProtocol: 3 },
      message: "protocol mismatch",
      details: { code: "PROTOCOL_MISMATCH", clientMinProtocol: 3, clientMaxProtocol: 3, expectedProtocol: 4 },
      close: 1002,
    }),
    refuses("of protocol 5 to 9 says which protocol it speaks", {
      hello: { minProtocol: 5, maxProtocol: 9 },
      message: "protocol mismatch",
      details: { code: "PROTOCOL_MISMATCH", clientMinProtocol: 5, clientMaxProtocol: 9, expectedProtocol: 4 },
      close: 1002,
    }),
    refuses("of an upside-down protocol range is a mismatch", {
      hello: { minProtocol: 5, maxProtocol: 4 },
      message: "protocol mismatch",
      details: { code: "PROTOCOL_MISMATCH" },
      close: 1002,
    }),
    refuses("names an unknown client id", {
      hello: { client: { id: "openclaw-remote" } },
      message: invalid("at /client/id: must be equal to one of the allowed values"),
    }),
    refuses("names an unknown client mode", {
      hello: { client: { mode: "operator" } },
      message: invalid("at /client/mode: must be equal to one of the allowed values"),
    }),
    refuses("names a parameter that it does not know", {
      hello: { extra: { bogus: 1 } },
      message: invalid("at root: unexpected property 'bogus'"),
    }),
    refuses("misses the client", {
      hello: { extra: { client: undefined } },
      message: invalid("must have required property 'client'"),
    }),
    refuses("misses the protocol range", {
      hello: { extra: { minProtocol: undefined } },
      message: invalid("must have required property 'minProtocol'"),
    }),
    refuses("wants a list of scopes", {
      hello: { extra: { scopes: "operator.read" } },
      message: invalid("at /scopes: must be array"),
    }),
    refuses("names an unknown role", { hello: { role: "boss" }, message: "invalid role" }),
    refuses("keeps a foreign browser origin out", {
      hello: { client: { id: "openclaw-control-ui", mode: "webchat" } },
      open: { origin: "http://evil.example" },
      message: ORIGIN_MESSAGE,
      details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED" },
    }),
    refuses("keeps a webview's origin out, token or not", {
      hello: {},
      open: { origin: "vscode-webview://abc" },
      message: ORIGIN_MESSAGE,
      details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: "origin not allowed" },
    }),
    refuses("keeps the null origin out", {
      hello: {},
      open: { origin: "null" },
      message: ORIGIN_MESSAGE,
      details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: "origin missing or invalid" },
    }),
    check(
      "comes before the handshake for a forwarded address that nobody vouches for: HTTP 403",
      async (visit, expect) => {
        await expect(visit.open({ headers: { "x-forwarded-for": "203.0.113.9" } })).rejects.toThrow(/403/);
      },
    ),
    check("comes with HTTP 503 when 32 sockets of one address have said nothing yet", async (visit, expect) => {
      const open = async (): Promise<number> => {
        for (let count = 0; count < 40; count++) {
          const isLet = await visit.open().then(
            () => true,
            (error: unknown) => !String(error).includes("503"),
          );
          if (!isLet) return count;
        }
        return 40;
      };
      // A socket of the check before may not be counted out yet.
      expect([30, 31, 32]).toContain(await open());
    }),
  ],
};
