import { type ExecPolicy, readExecPolicy, writeExecPolicy } from "../../approvals/exec-policy.ts";
import { type Schema, anything, flag, integer, list, map, nonEmpty, object, oneOf, text } from "../schema.ts";
import { invalid } from "../wire.ts";
import { type MethodContext, method } from "./method.ts";

const rules = { security: text(), ask: text(), askFallback: text(), autoAllowSkills: flag };
const allowed = object(
  { pattern: text({ max: 4_096 }) },
  {
    id: nonEmpty,
    source: oneOf(["allow-always"]),
    commandText: text(),
    argPattern: text(),
    lastUsedAt: integer({ min: 0 }),
    lastUsedCommand: text(),
    lastResolvedPath: text(),
  },
);
const one: Schema<number> = {
  problem: (value, path) => (value === 1 ? undefined : `at ${path}: must be equal to constant`),
};
const policyFile = object(
  { version: one },
  {
    socket: object({}, { path: text(), token: text() }),
    defaults: object({}, rules),
    agents: map(object({}, { ...rules, allowlist: list(allowed, { max: 10_000 }), mcpTools: list(anything) })),
  },
);

/** The exec policy of this host: looked at and replaced. */
export const execPolicyMethods = [
  method({
    name: "exec.approvals.get",
    scope: "operator.admin",
    params: object({}, {}),
    call: (_params, context) => policyView(readExecPolicy(context.store.settings), context),
  }),
  method({
    name: "exec.approvals.set",
    scope: "operator.admin",
    params: object({ file: policyFile }, { baseHash: nonEmpty }),
    call({ file, baseHash }, context) {
      const { settings } = context.store;
      if (baseHash === undefined)
        throw invalid("exec approvals base hash required; re-run exec.approvals.get and retry");
      if (baseHash !== readExecPolicy(settings).hash)
        throw invalid("exec approvals changed since last load; re-run exec.approvals.get and retry");
      // Where a helper would listen, and its token, is for the host to say and nothing to keep here.
      const { socket: _socket, ...kept } = file;
      return policyView(writeExecPolicy(settings, kept), context);
    },
  }),
];

function policyView(policy: ExecPolicy, { store }: MethodContext): Readonly<Record<string, unknown>> {
  return { path: `${store.path}#exec_approvals`, ...policy };
}
