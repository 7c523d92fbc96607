import { createInterface } from "node:readline";
import { type SshWay, openClient, pause } from "./roads.ts";

/**
 * One window in a process of its own, so that it can be put to sleep or into a network of its own. It takes its way from
 * `OPENCLAW_FAULT_WAY`, tells every phase on stdout, and on each line of its input says `used` once the Gateway has
 * answered it.
 */
const { way, token } = JSON.parse(process.env["OPENCLAW_FAULT_WAY"] ?? "") as { way: SshWay; token: string };
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const client = await openClient(way, { token });
client.connection.onState(({ phase }) => tell(phase));
tell("connected");

async function use(): Promise<void> {
  for (;;) {
    await client.connected();
    const answer = await client.connection.request("health", {}).catch(() => undefined);
    if (answer !== undefined) return tell("used");
    await pause(20);
  }
}
createInterface({ input: process.stdin })
  .on("line", () => void use())
  .on("close", () => client.dispose());
