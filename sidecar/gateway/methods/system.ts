import { AGENT_ID } from "../../agent/agent-id.ts";
import { anything } from "../schema.ts";
import { method } from "./method.ts";

/** `health`, `status` and who is there. */
export const systemMethods = [
  method({
    name: "health",
    roles: ["operator", "node"],
    scope: "none",
    params: anything,
    // Reached only for a probe, which wants it measured now; see the router.
    call(_params, { health }) {
      health.invalidate();
      return health.payload();
    },
  }),
  method({
    name: "status",
    scope: "operator.read",
    params: anything,
    call(_params, { about, catalog, health, runs, store, views }) {
      const now = Date.now();
      const memory = process.memoryUsage();
      const { rows, total } = store.sessions.list({ limit: 10, offset: 0, archived: false });
      const recent = rows.map((session) => ({ ...views.row(session, now), age: now - session.updatedAt }));
      const defaults = {
        model: catalog.primary()?.entry.id ?? null,
        contextTokens: catalog.primary()?.entry.contextWindow ?? null,
      };
      return {
        runtimeVersion: about.version,
        uptimeMs: now - about.startedAt,
        heartbeat: {
          defaultAgentId: AGENT_ID,
          agents: [{ agentId: AGENT_ID, enabled: false, every: "disabled", everyMs: null, waitingForRoute: false }],
        },
        channelSummary: [],
        queuedSystemEvents: [],
        degradedSecretOwners: [],
        degradedPlugins: [],
        tasks: {
          total: 0,
          active: 0,
          terminal: 0,
          failures: 0,
          byStatus: { queued: 0, running: 0, succeeded: 0, failed: 0, timed_out: 0, cancelled: 0, lost: 0 },
          byRuntime: { subagent: 0, acp: 0, cli: 0, cron: 0 },
        },
        taskAudit: {
          total: 0,
          warnings: 0,
          errors: 0,
          byCode: {
            stale_queued: 0,
            stale_running: 0,
            lost: 0,
            delivery_failed: 0,
            missing_cleanup: 0,
            inconsistent_timestamps: 0,
          },
        },
        sessions: {
          paths: [store.path],
          count: total,
          defaults,
          recent,
          byAgent: [{ agentId: AGENT_ID, path: store.path, count: total, recent }],
        },
        activeRuns: runs.active.size,
        modelRuntime: { degraded: false, pendingAgents: [] },
        eventLoop: health.payload()["eventLoop"],
        processMemory: {
          rssBytes: memory.rss,
          heapUsedBytes: memory.heapUsed,
          heapTotalBytes: memory.heapTotal,
          externalBytes: memory.external,
          arrayBuffersBytes: memory.arrayBuffers,
        },
        pid: process.pid,
        gateway: about.posture(),
      };
    },
  }),
  method({
    name: "system-presence",
    scope: "operator.read",
    params: anything,
    call: (_params, { presence }) => presence.list(Date.now()),
  }),
];
