import { startSidecar, stubConfig } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { startTcpFault } from "../../support/tcp-fault.ts";
import { type Scenario, times } from "../figure.ts";
import { openClient, sshWay } from "../roads.ts";
import { Writer, judgeTranscript, readTranscript } from "../transcript.ts";

const MESSAGES = { short: 20, full: 200 };
const PER_SECOND = 1;
const DELAY_MS = 150;
/** A lost packet is sent again after the round trip and its spread, of which Linux takes 200 ms at least (RFC 6298). */
const LOSS = { share: 0.05, ms: 2 * DELAY_MS + 200 };

/** A chat over a link with 150 ms each way that loses one packet in twenty. */
export const slowLink: Scenario = {
  name: "slow link",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const sshd = await startSshd();
    owned.defer(() => sshd.stop());
    const model = await startStubModel();
    owned.defer(() => model.close());
    const sidecar = await startSidecar({ config: stubConfig(model.baseUrl) });
    owned.defer(() => sidecar.stop());
    const proxy = await startTcpFault({ host: sshd.host, port: sshd.port });
    owned.defer(() => proxy.stop());
    proxy.setDelay(DELAY_MS);
    proxy.setRepeats(LOSS);
    const client = await openClient(await sshWay(sshd, sidecar.port, { port: proxy.port }), sidecar);
    owned.defer(() => client.dispose());
    const writer = new Writer(client);
    await writer.write(MESSAGES[size], PER_SECOND);
    await writer.settled();
    return [
      times("written → acknowledged", [...writer.acknowledged.values()], 1_500),
      ...judgeTranscript(writer.written, await readTranscript(sidecar)),
    ];
  },
};
