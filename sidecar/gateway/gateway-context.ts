import { ModelCatalog } from "../agent/model-catalog.ts";
import { Runs } from "../agent/runs.ts";
import { ExecApprovals } from "../approvals/exec-approvals.ts";
import { ConfigDesk } from "../config/config-desk.ts";
import { Nodes } from "../nodes/nodes.ts";
import { DeviceTokens } from "./auth/device-tokens.ts";
import type { Rules } from "./auth/eviction.ts";
import { Pairing } from "./auth/pairing.ts";
import type { Broadcaster } from "./broadcast.ts";
import type { EventLoopWatch } from "./event-loop.ts";
import { GatewayEvents } from "./gateway-events.ts";
import type { GatewayOptions } from "./gateway.ts";
import { Health } from "./health.ts";
import type { MethodContext } from "./methods/method.ts";
import { approvalNews, nodeNews } from "./news.ts";
import { Presence } from "./presence.ts";
import { SessionViews } from "./views.ts";

/** Makes everything that the methods work with, once for a Gateway. @param rules those that hold now */
export function gatewayContext(
  options: GatewayOptions,
  parts: { readonly broadcaster: Broadcaster; readonly loop: EventLoopWatch; readonly rules: () => Rules },
): MethodContext {
  const { store, config, about, deviceKey } = options;
  const { broadcaster, rules } = parts;
  const health = new Health(store, parts.loop);
  const presence = new Presence({ version: about.version, bootId: about.bootId, now: about.startedAt });
  const events = new GatewayEvents({ broadcaster, sessions: store.sessions, health, presence });
  const catalog = new ModelCatalog(config);
  const runs = new Runs({
    store,
    catalog,
    loadModel: options.loadModel,
    sink: events,
    warn: (message) => options.logger.warn(message),
    get systemPrompt() {
      return rules().config.systemPrompt;
    },
  });
  const views = new SessionViews(catalog, runs.active);
  events.setViews(views);
  return {
    store,
    runs,
    catalog,
    views,
    health,
    presence,
    events,
    broadcaster,
    pairing: new Pairing(store.devices, store.pairing),
    tokens: new DeviceTokens(deviceKey, store.devices),
    nodes: new Nodes({ store: store.nodes, rules: () => rules().config.nodeCommands, sink: nodeNews(events) }),
    approvals: new ExecApprovals(approvalNews(events)),
    config: new ConfigDesk({ path: config.path, key: deviceKey, check: options.checkConfig ?? (() => undefined) }),
    about,
  };
}
