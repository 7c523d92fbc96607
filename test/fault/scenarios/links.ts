import { startSidecar } from "../../support/sidecar.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { startTcpFault } from "../../support/tcp-fault.ts";
import type { ChatClient } from "../../support/chat-client.ts";
import { type Figure, type Scenario, type Size, time } from "../figure.ts";
import { msUntil, openClient, pause, sshWay } from "../roads.ts";

/** How long the outage goes on after it was seen, milliseconds. */
const OUTAGE_MS = { short: 6_000, full: 60_000 };

interface Fault {
  readonly name: string;
  readonly client: ChatClient;
  readonly begin: () => unknown;
  readonly heal: () => unknown;
}

/** Breaks the link, waits until that is seen, leaves it broken, heals it, and waits until the connection is back. */
async function outage({ name, client, begin, heal }: Fault, size: Size): Promise<readonly Figure[]> {
  const began = performance.now();
  await begin();
  const seen = await msUntil(client, "gone", began);
  await pause(OUTAGE_MS[size]);
  await heal();
  const back = await msUntil(client, "connected", performance.now());
  return [time(`${name}: seen`, seen, 10_000), time(`${name}: healed → back`, back, 2_000)];
}

/** Links that die in every way that a network and a host know, each for a while. All at once, each on its own way. */
export const links: Scenario = {
  name: "link",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const server = async (): Promise<Sshd> => {
      const sshd = await startSshd();
      owned.defer(() => sshd.stop());
      return sshd;
    };
    const [sshd, frozen] = [await server(), await server()];
    const sidecar = await startSidecar();
    owned.defer(() => sidecar.stop());
    const client = async (way: Parameters<typeof openClient>[0], gateway = sidecar): Promise<ChatClient> => {
      const opened = await openClient(way, gateway);
      owned.defer(() => opened.dispose());
      return opened;
    };
    const proxied = async () => {
      const proxy = await startTcpFault({ host: sshd.host, port: sshd.port });
      owned.defer(() => proxy.stop());
      return { proxy, client: await client(await sshWay(sshd, sidecar.port, { port: proxy.port })) };
    };

    const stalled = await proxied();
    const refused = await proxied();
    const frozenClient = await client(await sshWay(frozen, sidecar.port));
    owned.defer(() => frozen.thaw());
    let mortal = await startSidecar({ stateDir: `${sshd.directory}/state` });
    owned.defer(() => mortal.stop());
    const mortalClient = await client(await sshWay(sshd, mortal.port), mortal);

    const figures = await Promise.all([
      outage(
        {
          name: "silent",
          client: stalled.client,
          begin: () => stalled.proxy.stall(),
          heal: () => stalled.proxy.heal(),
        },
        size,
      ),
      outage(
        {
          name: "cut, then refused",
          client: refused.client,
          begin: () => {
            refused.proxy.refuse();
            refused.proxy.cut();
          },
          heal: () => refused.proxy.heal(),
        },
        size,
      ),
      outage(
        { name: "sshd frozen", client: frozenClient, begin: () => frozen.freeze(), heal: () => frozen.thaw() },
        size,
      ),
      outage(
        {
          name: "Gateway killed",
          client: mortalClient,
          begin: () => mortal.kill("SIGKILL"),
          heal: async () => {
            mortal = await startSidecar({ port: mortal.port, stateDir: mortal.stateDir });
          },
        },
        size,
      ),
    ]);
    return figures.flat();
  },
};
