import { createInterface } from "node:readline";
import { OutboxStore } from "../../extension/chat/outbox-store.ts";
import { ThreadPool } from "../../extension/chat/thread-pool.ts";
import { GatewayLink } from "../../extension/connection/gateway-link.ts";
import type { GatewayProfile } from "../../extension/connection/profile.ts";
import type { GatewaySession } from "../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../protocol/client/transport.ts";
import { silentLogger } from "../../protocol/util/logger.ts";
import { connectGateway } from "../../remote/connect.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";

/**
 * The chat of one window in a process of its own, so that it can be killed. Each line of its input is a message that a
 * person sends; each line of its output says what it has done. It ends with its input.
 */
export interface WindowWish {
  readonly url: string;
  readonly token: string;
  /** The folder of its workspace. */
  readonly root: string;
  readonly session: string;
  /** It never hears what the Gateway answers to a send. */
  readonly isDeaf: boolean;
}

const wish = JSON.parse(process.env["OPENCLAW_TEST_WINDOW"] ?? "") as WindowWish;
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const profile: GatewayProfile = { name: "one", target: { kind: "url", url: "ws://one.example/" } };
const transport = new DirectTransport({ url: parseGatewayUrl(wish.url) });
const client = { id: "gateway-client", mode: "backend", version: "0.1.0", platform: process.platform } as const;
const { token } = wish;

async function climb(context: OpenContext): Promise<GatewaySession> {
  const open = { transport, context, client, credential: { token }, identity: null, tokens: null };
  const session = await connectGateway(open);
  if (!wish.isDeaf) return session;
  return {
    ...session,
    closed: session.closed,
    hello: session.hello,
    onEvent: (listener) => session.onEvent(listener),
    onGap: (listener) => session.onGap(listener),
    ping: (...args) => session.ping(...args),
    close: () => session.close(),
    request: async <T>(method: string, ...rest: readonly unknown[]): Promise<T> => {
      const answer = await session.request<T>(method, ...(rest as []));
      if (method !== "chat.send") return answer;
      tell("taken");
      return new Promise<T>(() => undefined);
    },
  };
}

const link = new GatewayLink({
  openRoad: ({ target }) => ({ target, path: wish.url, climb, dispose: () => undefined }),
  logger: silentLogger,
});
const pool = new ThreadPool({ link, outboxes: new OutboxStore(wish.root, silentLogger), logger: silentLogger });
link.onChange(({ state }) => tell(state.phase));
void link.connect(profile, { interactive: false });
createInterface({ input: process.stdin })
  .on("line", (text) => {
    pool.acquire(wish.session).thread.send(text);
    tell(`queued ${text}`);
  })
  .on("close", () => {
    pool.dispose();
    link.dispose();
  });
