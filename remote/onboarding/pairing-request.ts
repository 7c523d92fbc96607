import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { asArray, asObject, asString, asStrings } from "../../protocol/gateway/json.ts";
import { printable } from "../target/printable.ts";

/** A device that waits for approval, as `device.pair.list` and `openclaw devices list --json` name it. */
export interface PairingRequest {
  readonly requestId: string;
  readonly deviceId: string;
  readonly role: string;
  readonly scopes: readonly string[];
}

/** What a Gateway makes (a UUID), and nothing that a command line could read as something else. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const DEVICE_ID = /^[0-9a-f]{64}$/;

/**
 * Finds our own request in a list of pending ones.
 * @throws ConnectError PAIRING_MISMATCH when it is not there, is another device's, or the ids are none
 */
export function ownRequest(
  list: unknown,
  wanted: { readonly requestId: string; readonly deviceId: string; readonly host: string },
): PairingRequest {
  const { requestId, deviceId, host } = wanted;
  const mismatch = (why: string): ConnectError => {
    const shown = printable(requestId, 60);
    return new ConnectError("PAIRING_MISMATCH", `${host}: ${why}.`, {
      facts: [
        { label: "host", value: host },
        { label: "requestId", value: shown },
        { label: "detail", value: why },
      ],
    });
  };
  if (!REQUEST_ID.test(requestId)) throw mismatch("the Gateway named a request id that is none");
  if (!DEVICE_ID.test(deviceId)) throw mismatch("this installation has no device id");
  const found = asArray(asObject(list)["pending"])
    .map(asObject)
    .filter((each) => each["requestId"] === requestId);
  const [request] = found;
  if (request === undefined) throw mismatch(`no request ${requestId} is waiting there any more`);
  if (found.length > 1 || request["deviceId"] !== deviceId) {
    throw mismatch(`the request ${requestId} was made by another device`);
  }
  return {
    requestId,
    deviceId,
    role: printable(asString(request["role"]) ?? "", 40),
    scopes: asStrings(request["scopes"]).map((scope) => printable(scope, 60)),
  };
}
