import type { Connection } from "./connection.ts";
import type { MethodContext } from "./methods/method.ts";
import { readTriggers } from "./voice-wake.ts";

type Desk = Pick<MethodContext, "nodes" | "store">;

/** A connection in the node role is through the handshake: it joins the nodes and hears what every node must know. */
export function welcomeNode(connection: Connection, { nodes, store }: Desk, now: number): void {
  const { grant } = connection;
  if (grant?.deviceId === undefined || !connection.isNode) return;
  const { client, caps, commands, deviceId: nodeId } = grant;
  const { displayName, platform, deviceFamily, version, id: clientId, mode: clientMode } = client;
  const about = { nodeId, displayName, platform, deviceFamily, version, clientId, clientMode };
  nodes.attach(connection, { ...about, declared: { caps, commands } }, now);
  connection.tell("voicewake.changed", { triggers: readTriggers(store.settings) });
}

/** The connection is gone; whoever waits for this node is told. */
export function dismissNode(connection: Connection, { nodes }: Desk): void {
  const nodeId = connection.grant?.deviceId;
  if (nodeId !== undefined && connection.isNode) nodes.detach(nodeId, connection);
}
