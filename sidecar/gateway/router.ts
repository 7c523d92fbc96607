import { type Role, covers } from "./auth/scopes.ts";
import type { Connection } from "./connection.ts";
import { type Method, type MethodContext, missingScope } from "./methods/method.ts";
import { type ErrorShape, MethodError, type RequestFrame, errorFrame, okFrame, okFrameOf } from "./wire.ts";
import { failureShape } from "./failure.ts";
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
    const { scopes = [], role = "operator" } = connection.grant ?? {};
    const method = this.#methods.get(name);
    const refusal = refuse(method, frame, { role, scopes });
    if (method === undefined || refusal !== undefined) {
      connection.send(errorFrame(id, refusal ?? unknownMethod(name)));
      return;
    }
    try {
      // The one method that is called thousands of times a second keeps its answer as bytes.
      if (name === "health" && !wantsProbe(params)) {
        connection.send(okFrameOf(id, this.#context.health.json()));
        return;
      }
      const answerFirst = (payload: unknown): void => connection.send(okFrame(id, payload));
      const result = method.call(params, this.#context, { connection, scopes, answerFirst });
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
      connection.send(errorFrame(frame.id, error.shape, error.payload));
      return;
    }
    this.#logger.error(`${frame.method} failed: ${reasonOf(error)}`);
    connection.send(errorFrame(frame.id, failureShape(frame.method, error)));
  }
}

/** Why a caller may not make this call: the order and the words are those of the real Gateway. */
function refuse(
  method: Method | undefined,
  { method: name, params }: RequestFrame,
  caller: { readonly role: Role; readonly scopes: readonly string[] },
): ErrorShape | undefined {
  if (name === "connect") return { code: "INVALID_REQUEST", message: "connect is only valid as the first request" };
  const roles = method?.roles ?? ["operator"];
  if (!roles.includes(caller.role)) return { code: "INVALID_REQUEST", message: `unauthorized role: ${caller.role}` };
  // Which methods there are is told to nobody who could not call the most guarded one.
  const scope = method === undefined ? "operator.admin" : method.scope(params);
  return scope === undefined || covers(caller.scopes, scope) ? undefined : missingScope(scope);
}

const unknownMethod = (name: string): ErrorShape => ({
  code: "INVALID_REQUEST",
  message: `unknown method: ${name.slice(0, 200)}`,
});

const wantsProbe = (params: unknown): boolean =>
  typeof params === "object" && params !== null && "probe" in params && params.probe === true;
