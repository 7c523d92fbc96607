import { startSidecar, stubConfig } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { type Scenario, atMost, count } from "../figure.ts";
import { between, openClient, pause, sshWay } from "../roads.ts";
import { Writer, judgeTranscript, readTranscript } from "../transcript.ts";

const KILLS = { short: 20, full: 1_000 };
const PER_SECOND = 5;

/** A person who writes without looking up while the SSH connection dies at random moments. */
export const chatKills: Scenario = {
  name: "chat under kills",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const sshd = await startSshd();
    owned.defer(() => sshd.stop());
    const model = await startStubModel({ delayMs: 5 });
    owned.defer(() => model.close());
    const sidecar = await startSidecar({ config: stubConfig(model.baseUrl) });
    owned.defer(() => sidecar.stop());
    const client = await openClient(await sshWay(sshd, sidecar.port), sidecar);
    owned.defer(() => client.dispose());
    const writer = new Writer(client);

    const killed = new AbortController();
    const writing = writer.writeUntil(killed.signal, PER_SECOND);
    for (let kills = 0; kills < KILLS[size];) {
      await client.connected();
      await pause(between(0, 800));
      if ((await sshd.killSessions()) > 0) kills++;
    }
    killed.abort();
    await writing;
    await writer.settled();
    const shown = client.items.filter(({ kind }) => kind === "question").map(({ id }) => id);
    const expected = writer.written.map(({ id }) => id).slice(-shown.length);
    return [
      ...judgeTranscript(writer.written, await readTranscript(sidecar)),
      count("rows of the panel that differ", shown.filter((id, index) => id !== expected[index]).length, 0),
      atMost(
        `model calls for ${writer.written.length} questions, ${KILLS[size]} kills`,
        model.requests.length,
        writer.written.length,
      ),
    ];
  },
};
