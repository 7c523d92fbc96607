import { agentMethods } from "./agents.ts";
import { chatMethods } from "./chat.ts";
import { deviceMethods } from "./devices.ts";
import { historyMethods } from "./history.ts";
import type { Method } from "./method.ts";
import { sessionMethods } from "./sessions.ts";
import { subscriptionMethods } from "./subscriptions.ts";
import { systemMethods } from "./system.ts";

/** Every method that is served, by name. Its keys are `features.methods` of hello-ok. */
export const METHODS: ReadonlyMap<string, Method> = new Map([
  ...systemMethods,
  ...sessionMethods,
  ...subscriptionMethods,
  ...historyMethods,
  ...chatMethods,
  ...agentMethods,
  ...deviceMethods,
]);
