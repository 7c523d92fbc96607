import { type DialBound, type Place, dialTcp, resolveHost } from "../net/dial.ts";
import { parseGatewayUrl } from "../target/gateway-url.ts";
import { hostPort } from "../target/host.ts";
import { secure } from "./secure.ts";

/** Whether whoever listens there shows a certificate. Nothing else is sent, and it is not checked. Never rejects. */
export async function speaksTls(place: Place, bound: DialBound): Promise<boolean> {
  try {
    const url = parseGatewayUrl(`wss://${hostPort(place.host, place.port)}`);
    const tls = await secure(await dialTcp(place, await resolveHost(place, bound), bound), url, "any", bound);
    tls.destroy();
    return true;
  } catch {
    return false;
  }
}
