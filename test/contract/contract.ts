import { agentRuns } from "./checks/agent-runs.ts";
import { approvals } from "./checks/approvals.ts";
import { chat } from "./checks/chat.ts";
import { clocks } from "./checks/clocks.ts";
import { deviceCare } from "./checks/device-care.ts";
import { device } from "./checks/device.ts";
import { frames } from "./checks/frames.ts";
import { handshake } from "./checks/handshake.ts";
import { health } from "./checks/health.ts";
import { history } from "./checks/history.ts";
import { host } from "./checks/host.ts";
import { idempotency } from "./checks/idempotency.ts";
import { nodes } from "./checks/nodes.ts";
import { params } from "./checks/params.ts";
import { presence } from "./checks/presence.ts";
import { refusals } from "./checks/refusals.ts";
import { scopes } from "./checks/scopes.ts";
import { sessionCare } from "./checks/session-care.ts";
import { sessions } from "./checks/sessions.ts";
import type { ContractGroup } from "./contract-check.ts";

/** Everything that our sidecar and the real OpenClaw agree on. */
export const contract: readonly ContractGroup[] = [
  handshake,
  refusals,
  device,
  scopes,
  frames,
  params,
  health,
  presence,
  sessions,
  chat,
  idempotency,
  history,
  sessionCare,
  agentRuns,
  deviceCare,
  nodes,
  approvals,
  host,
  clocks,
];
