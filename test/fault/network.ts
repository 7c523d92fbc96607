import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const ip = (...args: string[]) => run("ip", args);

/** A network of its own, joined to ours by one cable. */
export interface OwnNetwork {
  /** Our end of the cable. */
  readonly host: string;
  /** A command that runs another inside. */
  readonly inside: readonly string[];
  /** Pulls the cable. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** Loses every packet to the inside, without a word to anybody. */
  drop(): Promise<void>;
  pass(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a network namespace with a veth pair; undefined with a printed reason where that is not allowed. */
export async function makeNetwork(index: number): Promise<OwnNetwork | undefined> {
  const name = `ocf${process.pid}-${index}`;
  const [here, there] = [`${name}a`, `${name}b`];
  const net = `10.231.${process.pid % 256}`;
  const [host, guest] = [`${net}.${index * 4 + 1}`, `${net}.${index * 4 + 2}`];
  try {
    await ip("netns", "add", name);
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    process.stderr.write(`skipped: a network of its own needs root and iproute2 (${why})\n`);
    return undefined;
  }
  await ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
  await ip("addr", "add", `${host}/30`, "dev", here);
  await ip("link", "set", here, "up");
  await ip("-n", name, "addr", "add", `${guest}/30`, "dev", there);
  await ip("-n", name, "link", "set", there, "up");
  const act =
    (...args: string[]) =>
    async (): Promise<void> =>
      void (await ip(...args));
  return {
    host,
    inside: ["ip", "netns", "exec", name],
    unplug: act("link", "set", here, "down"),
    plug: act("link", "set", here, "up"),
    drop: act("route", "add", "blackhole", `${guest}/32`),
    pass: act("route", "del", "blackhole", `${guest}/32`),
    // The cable goes with it.
    remove: act("netns", "del", name),
  };
}
