import { type ConfigDesk, ConfigRefusal, type ConfigSnapshot } from "../../config/config-desk.ts";
import { jsonSchema, lookUp, uiHints } from "../../config/config-schema-views.ts";
import { anything, integer, list, nonEmpty, object, text } from "../schema.ts";
import { invalid } from "../wire.ts";
import { type MethodContext, method } from "./method.ts";

const nothing = object({}, {});
const write = { raw: text({ min: 1, max: 1_000_000 }) };

/** The config file: read without its secrets, and changed. */
export const configMethods = [
  method({
    name: "config.get",
    scope: "operator.read",
    params: nothing,
    call: async (_params, { config }) => snapshotView(await config.read()),
  }),
  method({
    name: "config.set",
    scope: "operator.admin",
    params: object(write, { baseHash: nonEmpty }),
    async call(params, context) {
      const snapshot = await changing(context, (desk) => desk.set(params.raw, params.baseHash));
      return writtenView(snapshot);
    },
  }),
  method({
    name: "config.patch",
    scope: "operator.admin",
    params: object(write, {
      baseHash: nonEmpty,
      sessionKey: text(),
      deliveryContext: anything,
      note: text(),
      restartDelayMs: integer({ min: 0 }),
      replacePaths: list(nonEmpty),
    }),
    async call({ raw, baseHash, replacePaths = [] }, context) {
      const { snapshot, changed } = await changing(context, (desk) =>
        desk.patch(raw, { baseHash, replace: replacePaths }),
      );
      return { ...writtenView(snapshot), changedPaths: changed, ...(changed.length === 0 ? { noop: true } : {}) };
    },
  }),
  method({
    name: "config.schema",
    scope: "operator.read",
    params: nothing,
    call: (_params, { about }) => ({
      schema: { $schema: "http://json-schema.org/draft-07/schema#", ...jsonSchema() },
      uiHints: uiHints(),
      version: about.version,
      generatedAt: new Date(about.startedAt).toISOString(),
    }),
  }),
  method({
    name: "config.schema.lookup",
    scope: "operator.read",
    params: object({ path: text({ min: 1, max: 1_024, pattern: /^[A-Za-z0-9_./[\]\-*]+$/ }) }, {}),
    call({ path }) {
      const found = lookUp(path);
      if (found === undefined) throw invalid("config schema path not found");
      return found;
    },
  }),
];

async function changing<T>({ config, events }: MethodContext, change: (desk: ConfigDesk) => Promise<T>): Promise<T> {
  const before = (await config.read()).hash;
  try {
    const done = await change(config);
    const { path, hash } = await config.read();
    if (hash !== before) events.tell("readers", "config.changed", { path, hash, ts: Date.now() });
    return done;
  } catch (error) {
    if (!(error instanceof ConfigRefusal)) throw error;
    throw invalid(error.message, error.issues === undefined ? undefined : { issues: error.issues });
  }
}

function snapshotView({ path, exists, hash, raw, config, issues }: ConfigSnapshot): Readonly<Record<string, unknown>> {
  return {
    path,
    includedPaths: [],
    includeProvenance: [],
    agentRosterIncludeOwned: false,
    bindingsIncludeOwned: false,
    exists,
    raw: exists ? raw : null,
    parsed: config,
    sourceConfig: config,
    resolved: config,
    valid: issues.length === 0,
    runtimeConfig: config,
    config,
    hash,
    issues,
    warnings: [],
    legacyIssues: [],
  };
}

const writtenView = ({ path, hash, config }: ConfigSnapshot): Readonly<Record<string, unknown>> => ({
  ok: true,
  path,
  hash,
  config,
});
