import { startSidecar } from "../../support/sidecar.ts";
import { startTcpFault } from "../../support/tcp-fault.ts";
import { type Scenario, atMost, count } from "../figure.ts";
import { openClient, pause } from "../roads.ts";

const SILENCE_MS = { short: 8_000, full: 90_000 };

/** A token that is changed on the Gateway while a window is connected with the old one. */
export const wrongToken: Scenario = {
  name: "wrong token",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    let sidecar = await startSidecar({ token: "the-token-of-before" });
    owned.defer(() => sidecar.stop());
    const proxy = await startTcpFault({ host: "127.0.0.1", port: sidecar.port });
    owned.defer(() => proxy.stop());
    const client = await openClient(`ws://127.0.0.1:${proxy.port}`, sidecar);
    owned.defer(() => client.dispose());
    const { port } = sidecar;
    await sidecar.stop();
    // Nobody counts the knocks on a door that is not there.
    proxy.refuse();
    sidecar = await startSidecar({ port, token: "the-token-of-now" });
    const before = proxy.made;
    proxy.heal();
    await client.until(() => client.phase === "failed");
    await pause(SILENCE_MS[size]);
    const refused = sidecar.stderr().split("refused").length - 1;
    return [
      atMost(`connections, then ${SILENCE_MS[size] / 1000} s of silence`, proxy.made - before, 3),
      atMost("wrong credentials shown to the Gateway", refused, 2),
      count("connections still open", proxy.open, 0),
    ];
  },
};
