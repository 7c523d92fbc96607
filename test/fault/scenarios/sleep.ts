import { startSidecar } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { type TcpFault, startTcpFault } from "../../support/tcp-fault.ts";
import { type Figure, type Scenario, time } from "../figure.ts";
import { OwnWindow } from "../own-window.ts";
import { pause, sshWay } from "../roads.ts";

const SLEEP_MS = { short: 30_000, full: 600_000 };

/** What becomes of the link while the computer sleeps. */
const NIGHTS: Readonly<Record<string, (link: TcpFault) => void>> = {
  "the link lives": () => undefined,
  "the link is reset": (link) => link.cut(),
  "the link is forgotten": (link) => link.forget(),
};

/** Windows whose process is stopped and goes on later, as when a laptop is closed. */
export const sleep: Scenario = {
  name: "sleep",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const sshd = await startSshd();
    owned.defer(() => sshd.stop());
    const sidecar = await startSidecar();
    owned.defer(() => sidecar.stop());
    const sleepers: { what: string; window: OwnWindow; strike: () => void }[] = [];
    for (const [what, happens] of Object.entries(NIGHTS)) {
      const link = await startTcpFault({ host: sshd.host, port: sshd.port });
      owned.defer(() => link.stop());
      const way = await sshWay(sshd, sidecar.port, { port: link.port });
      const window = owned.use(await OwnWindow.open(way, sidecar.token));
      sleepers.push({ what, window, strike: () => happens(link) });
    }
    const ms = SLEEP_MS[size];
    const night = async ({ what, window, strike }: (typeof sleepers)[number]): Promise<Figure> => {
      window.sleep();
      await pause(ms / 2);
      strike();
      await pause(ms / 2);
      return time(`${ms / 1000} s, ${what}: awake → a request answered`, await window.wake(), 3_000);
    };
    return await Promise.all(sleepers.map(night));
  },
};
