import { covers } from "./auth/scopes.ts";
import type { Connection } from "./connection.ts";
import { type Method, type MethodContext, missingScope } from "./methods/method.ts";
import { MethodError, type RequestFrame, errorFrame, okFrame, okFrameOf } from "./wire.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { reasonOf } from "../config/startup-error.ts";

/** Takes a request to its method and the answer back. */
export class Router {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #context: MethodContext;
  readonly #logger: Logger;

  constructor(methods: ReadonlyMap<string, Method>, context: MethodContext, logger: Logger) {
    this.#methods = methods;
    this.#context = context;
    this.#logger = logger;
  }

  /** Answers one request, once. Never throws. */
  handle(connection: Connection, frame: RequestFrame): void {
    const { id, method: name, params } = frame;
    const scopes = connection.grant?.scopes ?? [];
    const method = this.#methods.get(name);
    if (method === undefined) {
      const message =
        name === "connect" ? "connect is only valid as the first request" : `unknown method: ${name.slice(0, 200)}`;
      connection.send(errorFrame(id, { code: "INVALID_REQUEST", message }));
      return;
    }
    const scope = method.scope(params);
    if (!covers(scopes, scope)) {
      connection.send(errorFrame(id, missingScope(scope)));
      return;
    }
    // The one method that is called thousands of times a second keeps its answer as bytes.
    if (name === "health" && !wantsProbe(params)) {
      connection.send(okFrameOf(id, this.#context.health.json()));
      return;
    }
    try {
      const result = method.call(params, this.#context, { connection, scopes });
      if (result instanceof Promise) {
        result.then(
          (payload: unknown) => connection.send(okFrame(id, payload)),
          (error: unknown) => this.#fail(connection, frame, error),
        );
      } else {
        connection.send(okFrame(id, result));
      }
    } catch (error) {
      this.#fail(connection, frame, error);
    }
  }

  #fail(connection: Connection, frame: RequestFrame, error: unknown): void {
    if (error instanceof MethodError) {
      connection.send(errorFrame(frame.id, error.shape));
      return;
    }
    this.#logger.error(`${frame.method} failed: ${reasonOf(error)}`);
    const message = `${frame.method} failed inside the Gateway; its log has the reason`;
    connection.send(errorFrame(frame.id, { code: "UNAVAILABLE", message, retryable: true, retryAfterMs: 1000 }));
  }
}

const wantsProbe = (params: unknown): boolean =>
  typeof params === "object" && params !== null && "probe" in params && params.probe === true;
