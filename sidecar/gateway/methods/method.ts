import type { ExecApprovals } from "../../approvals/exec-approvals.ts";
import type { Runs } from "../../agent/runs.ts";
import type { ModelCatalog } from "../../agent/model-catalog.ts";
import type { ConfigDesk } from "../../config/config-desk.ts";
import type { Nodes } from "../../nodes/nodes.ts";
import type { Store } from "../../store/store.ts";
import type { DeviceTokens } from "../auth/device-tokens.ts";
import type { Pairing } from "../auth/pairing.ts";
import type { Role, Scope } from "../auth/scopes.ts";
import type { Broadcaster } from "../broadcast.ts";
import type { Connection } from "../connection.ts";
import type { Health } from "../health.ts";
import type { GatewayEvents } from "../gateway-events.ts";
import type { Posture } from "../posture.ts";
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
  readonly nodes: Nodes;
  readonly approvals: ExecApprovals;
  readonly config: ConfigDesk;
  readonly about: {
    readonly version: string;
    readonly bootId: string;
    /** Milliseconds since the epoch. */
    readonly startedAt: number;
    readonly stateDir: string;
    readonly configPath: string;
    /** As it is now. */
    readonly posture: () => Posture;
  };
}

/** Who calls. */
export interface Caller {
  readonly connection: Connection;
  readonly scopes: readonly string[];
  /** Sends a first answer at once; what the method returns becomes the second one, with the same id. */
  answerFirst(payload: unknown): void;
}

/** A method of the protocol. */
export interface Method {
  readonly roles: readonly Role[];
  /** The scope that a call needs, undefined when it needs none; it may depend on what is asked. */
  scope(params: unknown): Scope | undefined;
  /** Returns the payload, or throws `MethodError`. */
  call(params: unknown, context: MethodContext, caller: Caller): unknown;
}

/**
 * Declares a method: who may call it, what it needs and takes, what it does. Absent parameters count as an empty object.
 * `roles` is operators only when it is left out.
 */
export function method<T>(options: {
  readonly name: string;
  readonly roles?: readonly Role[];
  readonly scope: Scope | "none" | ((params: unknown) => Scope);
  readonly params: Schema<T>;
  readonly call: (params: T, context: MethodContext, caller: Caller) => unknown;
}): [string, Method] {
  const { name, scope, roles = ["operator"], params: schema } = options;
  return [
    name,
    {
      roles,
      scope(params) {
        if (scope === "none") return undefined;
        return typeof scope === "function" ? scope(params) : scope;
      },
      call(given, context, caller) {
        const params: unknown = given ?? {};
        if (fits(schema, params)) return options.call(params, context, caller);
        throw invalid(`invalid ${name} params: ${schema.problem(params, "") ?? "must be object"}`);
      },
    },
  ];
}

/** The error of a call without the scope for it. `required` names all that the call needs, when it is more than one. */
export function missingScope(scope: Scope, required: readonly Scope[] = [scope]): ErrorShape {
  return {
    code: "FORBIDDEN",
    message: `missing scope: ${scope}`,
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: required },
  };
}
