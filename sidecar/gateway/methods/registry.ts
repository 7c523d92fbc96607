import { agentRunMethods } from "./agent-run.ts";
import { agentMethods } from "./agents.ts";
import { chatMethods } from "./chat.ts";
import { configMethods } from "./config.ts";
import { deviceMethods } from "./devices.ts";
import { execApprovalMethods } from "./exec-approvals.ts";
import { execPolicyMethods } from "./exec-policy.ts";
import { historyMethods } from "./history.ts";
import { hostMethods } from "./host.ts";
import { messageMethods } from "./messages.ts";
import type { Method } from "./method.ts";
import { nodeSideMethods } from "./node-side.ts";
import { nodeMethods } from "./nodes.ts";
import { sendMethods } from "./send.ts";
import { sessionCompactMethods } from "./session-compact.ts";
import { sessionPatchMethods } from "./session-patch.ts";
import { sessionMethods } from "./sessions.ts";
import { subscriptionMethods } from "./subscriptions.ts";
import { systemMethods } from "./system.ts";

/** Every method that is served, by name. Its keys are `features.methods` of hello-ok. */
export const METHODS: ReadonlyMap<string, Method> = new Map([
  ...systemMethods,
  ...sessionMethods,
  ...sessionPatchMethods,
  ...sessionCompactMethods,
  ...subscriptionMethods,
  ...historyMethods,
  ...chatMethods,
  ...messageMethods,
  ...agentRunMethods,
  ...agentMethods,
  ...sendMethods,
  ...hostMethods,
  ...configMethods,
  ...deviceMethods,
  ...nodeMethods,
  ...nodeSideMethods,
  ...execApprovalMethods,
  ...execPolicyMethods,
]);
