import { type Socket, createSocket } from "node:dgram";
import { type Answer, decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { BeaconBook } from "../../../remote/discovery/beacons.ts";
import { listNearbyGateways } from "../../../remote/discovery/nearby-gateways.ts";

const SERVICE = "_openclaw-gw._tcp.local";

interface Announced {
  readonly instance?: string;
  readonly host?: string;
  readonly port?: number;
  readonly texts?: readonly string[];
}

function records({ instance = "Home", host = "home.local", port = 18789, texts = [] }: Announced = {}) {
  const name = `${instance}.${SERVICE}`;
  const pointer: Answer = { type: "PTR", name: SERVICE, data: name };
  const described: Answer[] = [
    { type: "SRV", name, data: { target: host, port } },
    { type: "TXT", name, data: [...texts] },
  ];
  return { pointer, described };
}

const answer = (answers: readonly Answer[], additionals: readonly Answer[] = []): Buffer =>
  encode({ type: "response", answers: [...answers], additionals: [...additionals] });

function read(...announced: readonly Announced[]) {
  const book = new BeaconBook();
  for (const each of announced) {
    const { pointer, described } = records(each);
    book.read(answer([pointer], described));
  }
  return book.beacons;
}

/** Answers each question on this computer as a Gateway's announcer would; the questions are kept. */
async function startAnnouncer(reply: (questions: readonly string[]) => readonly Buffer[]) {
  const socket: Socket = createSocket("udp4");
  const asked: string[][] = [];
  socket.on("message", (datagram, { port, address }) => {
    const questions = (decode(datagram).questions ?? []).map(({ type, name }) => `${type} ${name}`);
    asked.push(questions);
    for (const packet of reply(questions)) socket.send(packet, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  onTestFinished(() => void socket.close());
  const { port } = socket.address();
  const look = ({ signal = new AbortController().signal, timeoutMs = 400, isKnown = async () => true } = {}) =>
    listNearbyGateways({ signal, timeoutMs, group: { address: "127.0.0.1", port }, from: ["127.0.0.1"], isKnown });
  return { look, asked };
}

describe("a Gateway's beacon", () => {
  it("says where it is, by the name that it has given itself", () => {
    const texts = ["role=gateway", "displayName=Alice's Gateway", "gatewayTls=1", "DISPLAYNAME=second"];
    expect(read({ host: "Alice-Mac.local.", texts })).toEqual([
      { name: "Alice's Gateway", host: "alice-mac.local", port: 18789, isTls: true },
    ]);
    expect(read({ instance: "Home (OpenClaw)" })).toMatchObject([{ name: "Home (OpenClaw)", isTls: false }]);
  });

  it.each([
    ["another domain", { host: "evil.example" }],
    ["an address", { host: "203.0.113.9" }],
    ["an option of ssh", { host: "-oProxyCommand=x.local" }],
    ["a user", { host: "root@home.local" }],
    ["shell characters", { host: "a;b.local" }],
    ["look-alike letters", { host: "hоme.local" }],
    ["no port", { port: 0 }],
  ])("is left out when it names %s", (_what, announced) => {
    expect(read(announced)).toEqual([]);
  });

  it("cannot draw on the list, nor fill it", () => {
    const [beacon] = read({ texts: [`displayName=\u202e$(key)\n\u001b[2J${"x".repeat(200)}`] });
    expect(beacon?.name).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(beacon?.name.length).toBeLessThanOrEqual(61);
    const many = Array.from({ length: 500 }, (_, n) => ({ instance: `g${n}`, host: `g${n}.local` }));
    expect(read(...many)).toHaveLength(50);
  });

  it("is not believed about another service, and no datagram breaks the list", () => {
    const book = new BeaconBook();
    book.read(answer([{ type: "SRV", name: "x._ssh._tcp.local", data: { target: "x.local", port: 22 } }]));
    const { pointer, described } = records();
    book.read(encode({ type: "query", answers: [pointer, ...described] }));
    expect(book.beacons).toEqual([]);
    const whole = answer([pointer], described);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(whole.length), (noise, cut) => {
        book.read(Buffer.from(noise));
        book.read(Buffer.concat([whole.subarray(0, cut), Buffer.from(noise)]));
      }),
    );
  });
});

describe("looking for Gateways nearby", () => {
  it("finds one that answers, and asks for what it has only named", async () => {
    const { pointer, described } = records();
    const { look, asked } = await startAnnouncer((questions) =>
      questions.includes(`SRV Home.${SERVICE}`) ? [answer(described)] : [answer([pointer])],
    );
    expect(await look()).toMatchObject([{ name: "Home", host: "home.local", port: 18789 }]);
    expect(asked[0]).toEqual([`PTR ${SERVICE}`]);
  });

  it("takes the address that has answered where no name of the network is known, and no public one", async () => {
    const { pointer, described } = records();
    const { look } = await startAnnouncer(() => [answer([pointer], described)]);
    expect(await look({ isKnown: async () => false })).toMatchObject([
      { name: "Home", host: "127.0.0.1", port: 18789 },
    ]);
    const book = new BeaconBook();
    book.read(answer([pointer], described), "203.0.113.9");
    expect(book.beacons).toEqual([{ name: "Home", host: "home.local", port: 18789, isTls: false }]);
  });

  it("finds nothing where nobody answers, and stops at once when it is cancelled", async () => {
    const { look } = await startAnnouncer(() => []);
    expect(await look()).toEqual([]);
    const stop = new AbortController();
    const looked = look({ signal: stop.signal, timeoutMs: 3_600_000 });
    stop.abort();
    expect(await looked).toEqual([]);
  });

  it("finds the others when a beacon has a name that cannot be asked about", async () => {
    const { pointer, described } = records();
    const names = [`a..b.${SERVICE}`, `${"\ufffd".repeat(80)}.${SERVICE}`, `.${SERVICE}`];
    const strange = names.map((data): Answer => ({ type: "PTR", name: SERVICE, data }));
    const packets = strange.flatMap((each) => {
      try {
        return [answer([each])];
      } catch {
        return [];
      }
    });
    expect(packets.length).toBeGreaterThan(0);
    const { look } = await startAnnouncer(() => [...packets, answer([pointer], described)]);
    expect(await look()).toMatchObject([{ name: "Home" }]);
  });

  it("lives with an address that cannot be asked from", async () => {
    const group = { address: "127.0.0.1", port: 9 };
    const { signal } = new AbortController();
    expect(await listNearbyGateways({ signal, timeoutMs: 50, group, from: ["203.0.113.7"] })).toEqual([]);
  });
});
