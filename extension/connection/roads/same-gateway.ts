import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { asArray, asObject } from "../../../protocol/gateway/json.ts";

/** A Gateway may list a connection a moment after it has let it in. */
const LOOKS = 4;
const PAUSE_MS = 150;
const TIMEOUT_MS = 5_000;

/**
 * Proves that two roads lead to one Gateway: a connection over the new road has told its Gateway a name that was drawn for it
 * alone, and the Gateway that is known lists that name among those who are present. Another Gateway could not know it.
 * @param known asks the Gateway over the road that is known
 * @throws ConnectError GATEWAY_DIFFERENT, and what the request rejects with
 */
export async function assertSameGateway(
  known: Pick<GatewaySession, "request">,
  { instanceId, path }: { readonly instanceId: string; readonly path: string },
): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const present = asArray(await known.request("system-presence", {}, { timeoutMs: TIMEOUT_MS }));
    if (present.some((entry) => asObject(entry)["instanceId"] === instanceId)) return;
  }
  throw new ConnectError("GATEWAY_DIFFERENT", `${path} leads to another Gateway.`, {
    facts: [{ label: "detail", value: path }],
  });
}
