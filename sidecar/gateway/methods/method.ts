import type { Runs } from "../../agent/runs.ts";
import type { ModelCatalog } from "../../agent/model-catalog.ts";
import type { Store } from "../../store/store.ts";
import type { DeviceTokens } from "../auth/device-tokens.ts";
import type { Pairing } from "../auth/pairing.ts";
import type { Scope } from "../auth/scopes.ts";
import type { Broadcaster } from "../broadcast.ts";
import type { Connection } from "../connection.ts";
import type { Health } from "../health.ts";
import type { GatewayEvents } from "../gateway-events.ts";
import type { Presence } from "../presence.ts";
import { type Schema, fits } from "../schema.ts";
import type { SessionViews } from "../views.ts";
import { type ErrorShape, invalid } from "../wire.ts";

/** What methods work with. */
export interface MethodContext {
  readonly store: Store;
  readonly runs: Runs;
  readonly catalog: ModelCatalog;
  readonly views: SessionViews;
  readonly health: Health;
  readonly presence: Presence;
  readonly events: GatewayEvents;
  readonly broadcaster: Broadcaster;
  readonly pairing: Pairing;
  readonly tokens: DeviceTokens;
  readonly about: {
    readonly version: string;
    readonly bootId: string;
    /** Milliseconds since the epoch. */
    readonly startedAt: number;
    readonly stateDir: string;
    readonly configPath: string;
  };
}

/** Who calls. */
export interface Caller {
  readonly connection: Connection;
  readonly scopes: readonly string[];
}

/** A method of the protocol. */
export interface Method {
  /** The scope that a call needs; it may depend on what is asked. */
  scope(params: unknown): Scope;
  /** Returns the payload, or throws `MethodError`. */
  call(params: unknown, context: MethodContext, caller: Caller): unknown;
}

/** Declares a method: what it needs, what it takes, what it does. Absent parameters count as an empty object. */
export function method<T>(options: {
  readonly name: string;
  readonly scope: Scope | ((params: unknown) => Scope);
  readonly params: Schema<T>;
  readonly call: (params: T, context: MethodContext, caller: Caller) => unknown;
}): [string, Method] {
  const { name, scope, params: schema } = options;
  return [
    name,
    {
      scope: (params) => (typeof scope === "function" ? scope(params) : scope),
      call(given, context, caller) {
        const params: unknown = given ?? {};
        if (fits(schema, params)) return options.call(params, context, caller);
        throw invalid(`invalid ${name} params: ${schema.problem(params, "") ?? "must be object"}`);
      },
    },
  ];
}

/** The error of a call without the scope for it. */
export function missingScope(scope: Scope): ErrorShape {
  return {
    code: "FORBIDDEN",
    message: `missing scope: ${scope}`,
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
  };
}
