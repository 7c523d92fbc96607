import { arch, cpus, freemem, hostname, loadavg, platform, release, totalmem } from "node:os";
import { readUsage } from "../usage.ts";
import { tailLogFile } from "../../service/log-tail.ts";
import { logPath } from "../../service/log-file.ts";
import { anything, flag, integer, object } from "../schema.ts";
import { readTriggers, writeTriggers } from "../voice-wake.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";
import { isRecord } from "../../json.ts";

/** One owner has everything here; clients ask who they are all the same. */
const OWNER_ID = "gateway-owner";
const LOG_LINES = 500;
const LOG_BYTES = 250_000;

const nothing = object({}, {});

/** The computer and the process: what a person wants to know when something is odd. */
export const hostMethods = [
  method({ name: "last-heartbeat", scope: "operator.read", params: anything, call: () => null }),
  method({
    name: "update.status",
    scope: "operator.admin",
    params: object({}, { refreshCheckout: flag }),
    // The sidecar does not update itself: whoever put the file there puts the next one there.
    call: () => ({
      sentinel: null,
      updateAvailable: null,
      effectiveChannel: "stable",
      schedule: { channel: "stable", autoEnabled: false },
    }),
  }),
  method({
    name: "system.info",
    scope: "operator.read",
    params: nothing,
    call(_params, { about, health }) {
      const name = hostname();
      const processors = cpus();
      return {
        machineName: name,
        hostname: name,
        platform: platform(),
        release: release(),
        arch: arch(),
        osLabel: `${platform()} ${release()}`,
        nodeVersion: process.version,
        pid: process.pid,
        processInstanceId: about.bootId,
        uptimeMs: Date.now() - about.startedAt,
        cpuCount: processors.length,
        ...(processors[0] === undefined ? {} : { cpuModel: processors[0].model.trim() }),
        loadAverage: loadavg(),
        memoryTotalBytes: totalmem(),
        memoryFreeBytes: freemem(),
        eventLoop: health.payload()["eventLoop"],
      };
    },
  }),
  method({
    name: "users.self",
    scope: "operator.read",
    params: nothing,
    call(_params, { about }) {
      const at = about.startedAt;
      const nobody = { displayName: null, avatarMime: null, mergedInto: null, githubIdentity: null };
      return { profile: { id: OWNER_ID, ...nobody, createdAt: at, updatedAt: at, emails: [], hasAvatar: false } };
    },
  }),
  method({
    name: "usage.status",
    scope: "operator.read",
    params: anything,
    // What is left of a subscription is between the provider and its customer.
    call: () => ({ updatedAt: Date.now(), providers: [] }),
  }),
  method({
    name: "usage.cost",
    scope: "operator.read",
    params: anything,
    call: (params, { store }) => readUsage(store.usage, isRecord(params) ? params : {}, Date.now()),
  }),
  method({
    name: "logs.tail",
    scope: "operator.read",
    params: object(
      {},
      {
        cursor: integer({ min: 0 }),
        limit: integer({ min: 1, max: 5_000 }),
        maxBytes: integer({ min: 1, max: 1_000_000 }),
      },
    ),
    call: ({ cursor, limit = LOG_LINES, maxBytes = LOG_BYTES }, { about }) =>
      tailLogFile(logPath(about.stateDir), { cursor, limit, maxBytes }),
  }),
  method({
    name: "voicewake.get",
    scope: "operator.read",
    params: anything,
    call: (_params, { store }) => ({ triggers: readTriggers(store.settings) }),
  }),
  method({
    name: "voicewake.set",
    scope: "operator.write",
    params: anything,
    call(params, { store, events }) {
      const wish = isRecord(params) ? params["triggers"] : undefined;
      if (!Array.isArray(wish)) throw invalid("voicewake.set requires triggers: string[]");
      const triggers = writeTriggers(store.settings, wish);
      events.voiceWakeChanged(triggers);
      return { triggers };
    },
  }),
];
