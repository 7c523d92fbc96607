import { describe, expect, it } from "vitest";
import { GatewayRequestError, GatewayTimeoutError } from "../../../protocol/client/request-error.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { ERRORS, type ErrorCode } from "../../../protocol/errors/catalogue.ts";
import { EXIT, exitCodeOf } from "../../../sidecar/cli/exit-codes.ts";
import { toCliFailure } from "../../../sidecar/cli/failure.ts";

const failureOf = (error: unknown, secrets: readonly string[] = []) =>
  toCliFailure(error, { target: "alice@home:2222", secrets });
const codes = Object.keys(ERRORS).filter((code): code is ErrorCode => code in ERRORS);

describe("a failure in the terminal", () => {
  it.each(codes)("%s is one line with a remedy and an exit code that is not 0", async (code) => {
    const { message, exitCode } = await failureOf(new ConnectError(code, "Something happened"));
    expect(message).toMatch(/^Something happened\. \S.*[.…)}]$/u);
    expect(message).not.toContain("\n");
    expect(message).not.toContain("{");
    expect(exitCode).toBe(exitCodeOf(code));
    expect(exitCode).toBeGreaterThan(0);
  });

  it("says how to trust an unknown host key, with the port", async () => {
    const { message, exitCode } = await failureOf(new ConnectError("HOST_KEY_UNKNOWN", "home shows an unknown key."));
    expect(message).toContain("`ssh -p 2222 alice@home`");
    expect(exitCode).toBe(EXIT.refused);
  });

  it("keeps the Gateway's own words and code", async () => {
    const error = new GatewayRequestError("no.such", {
      code: "INVALID_REQUEST",
      message: "unknown method: no.such",
      details: undefined,
      retryAfterMs: undefined,
    });
    expect(await failureOf(error)).toEqual({
      code: "INVALID_REQUEST",
      message: "The Gateway refused no.such: unknown method: no.such.",
      exitCode: EXIT.failed,
    });
  });

  it("tells a missing scope from a bad request", async () => {
    const error = new GatewayRequestError("chat.send", {
      code: "FORBIDDEN",
      message: "missing scope: operator.write",
      details: undefined,
      retryAfterMs: undefined,
    });
    expect((await failureOf(error)).exitCode).toBe(EXIT.refused);
  });

  it("calls an answer that does not come unreachable", async () => {
    expect(await failureOf(new GatewayTimeoutError("health", 5))).toMatchObject({
      code: "TIMEOUT",
      exitCode: EXIT.unreachable,
    });
  });

  it("never shows a secret that was typed", async () => {
    expect((await failureOf(new Error("bad token hunter22"), ["hunter22"])).message).not.toContain("hunter22");
  });
});

describe("exit codes", () => {
  it("tell what a script does next: give up, correct, wait, ask a person, look elsewhere", () => {
    expect(exitCodeOf("TARGET_INVALID")).toBe(EXIT.usage);
    expect(exitCodeOf("TCP_REFUSED")).toBe(EXIT.unreachable);
    expect(exitCodeOf("CREDENTIAL_WRONG")).toBe(EXIT.refused);
    expect(exitCodeOf("HOST_KEY_CHANGED")).toBe(EXIT.refused);
    expect(exitCodeOf("NOT_A_GATEWAY")).toBe(EXIT.notGateway);
    expect(exitCodeOf("PROTOCOL_MISMATCH")).toBe(EXIT.notGateway);
    expect(exitCodeOf("GATEWAY_STARTING")).toBe(EXIT.unreachable);
  });
});
