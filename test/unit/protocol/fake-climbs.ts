import { vi } from "vitest";
import { GatewayConnection } from "../../../protocol/client/gateway-connection.ts";
import type { GatewayEvent, GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { Probe } from "../../../protocol/client/return-watch.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { readHello } from "../../../protocol/gateway/hello.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";

const hello = readHello({
  type: "hello-ok",
  protocol: 4,
  server: { version: "1" },
  auth: { scopes: ["operator.read"] },
});

/** A session that does nothing but answer, until it is lost. */
export function fakeSession() {
  if (hello === undefined) throw new Error("the fixture is no hello");
  const closed = Promise.withResolvers<ConnectError>();
  const events = new Emitter<GatewayEvent>();
  const session = {
    hello,
    request: vi.fn(async () => ({ ok: true }) as never),
    onEvent: events.event,
    onGap: new Emitter<void>().event,
    closed: closed.promise,
    ping: vi.fn(async () => 3),
    close: vi.fn(),
  } satisfies GatewaySession;
  return { session, events, lose: (error: ConnectError) => closed.resolve(error) };
}

export const lost = () => new ConnectError("LINK_LOST", "gone");

/** A connection whose climbs end as the test says, one promise an attempt. */
export function setUp(options: { probe?: Probe } = {}) {
  const climbs: (PromiseWithResolvers<GatewaySession> & { context: OpenContext })[] = [];
  const connection = new GatewayConnection({
    connect: (context) => {
      const climb = { ...Promise.withResolvers<GatewaySession>(), context };
      climbs.push(climb);
      return climb.promise;
    },
    logger: silentLogger,
    random: () => 1,
    ...options,
  });
  const climb = (index: number) => {
    const found = climbs[index];
    if (found === undefined) throw new Error(`attempt ${index} was not made; there are ${climbs.length}`);
    return found;
  };
  return { connection, climbs, climb };
}
