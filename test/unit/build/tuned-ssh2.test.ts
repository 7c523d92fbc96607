import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";
import fc from "fast-check";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tune, tunedSsh2 } from "../../../scripts/build/tuned-ssh2.mjs";

const require = createRequire(import.meta.url);
const FILE: string = require.resolve("ssh2/lib/protocol/crypto.js");
const SOURCE = readFileSync(FILE, "utf8");

/** The part of ssh2's crypto.js that a connection uses. */
interface Crypto {
  readonly CIPHER_INFO: Readonly<Record<string, object>>;
  createCipher(config: { outbound: object }): {
    allocPacket(payloadLength: number): Buffer;
    encrypt(packet: Buffer): void;
  };
  createDecipher(config: { inbound: object }): { decrypt(data: Buffer, from: number, to: number): void };
}

describe("the changes to ssh2", () => {
  it("fit the ssh2 that is installed", () => expect(tune(SOURCE)).not.toBe(SOURCE));

  it.each(["createHmac, randomFillSync", "this._encKey = ", "this._decipherKey = ", "cipher.setAAD(lenData);"])(
    "stop the build when “%s” no longer stands where it stood",
    (place) => {
      expect(SOURCE).toContain(place);
      expect(() => tune(SOURCE.replace(place, `/* new */ ${place}`))).toThrow(
        /place of change \d stands there 0 times/,
      );
      expect(() => tune(SOURCE + SOURCE)).toThrow(/stands there 2 times/);
    },
  );

  it("stop the build when ssh2 keeps its ciphers elsewhere", async () => {
    const failed = build({
      stdin: { contents: `require("ssh2")`, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      external: ["*.node", "cpu-features"],
      logLevel: "silent",
      plugins: [
        {
          name: "moved",
          setup(moved) {
            moved.onLoad({ filter: /protocol[\\/]crypto\.js$/ }, () => ({
              contents: SOURCE,
              resolveDir: join(FILE, ".."),
            }));
          },
        },
        tunedSsh2,
      ],
    });
    await expect(failed).rejects.toThrow("ssh2 was bundled untuned");
  });
});

describe.each(["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"])("a tuned ssh2 with %s", (name) => {
  let directory: string;
  let stock: Crypto;
  let tuned: Crypto;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-tuned-"));
    const load = async (file: string, plugins: (typeof tunedSsh2)[]): Promise<Crypto> => {
      const outfile = join(directory, file);
      const external = ["*.node"];
      await build({ bundle: true, metafile: true, platform: "node", external, entryPoints: [FILE], outfile, plugins });
      return require(outfile) as Crypto;
    };
    stock = await load("stock.cjs", []);
    tuned = await load("tuned.cjs", [tunedSsh2]);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const keys = () => ({ key: randomBytes(name.includes("256") ? 32 : 16), iv: randomBytes(12) });
  type Keys = ReturnType<typeof keys>;
  const cipherOf = (crypto: Crypto, { key, iv }: Keys, onWrite: (data: Buffer) => void) =>
    crypto.createCipher({
      outbound: {
        seqno: 0,
        cipherInfo: crypto.CIPHER_INFO[name],
        cipherKey: key,
        cipherIV: Buffer.from(iv),
        forceNative: true,
        onWrite,
      },
    });
  const decipherOf = (crypto: Crypto, { key, iv }: Keys, onPayload: (data: Buffer) => void) =>
    crypto.createDecipher({
      inbound: {
        seqno: 0,
        decipherInfo: crypto.CIPHER_INFO[name],
        decipherKey: key,
        decipherIV: Buffer.from(iv),
        forceNative: true,
        // What it returns would mean something to ssh2.
        onPayload: (payload: Buffer) => {
          onPayload(Buffer.from(payload));
        },
      },
    });
  /** What goes over the line for some payloads, each packet by itself. */
  const encrypt = (crypto: Crypto, secret: Keys, payloads: readonly Uint8Array[]): Buffer[] => {
    const writes: Buffer[] = [];
    const cipher = cipherOf(crypto, secret, (data) => writes.push(Buffer.from(data)));
    return payloads.map((payload) => {
      const packet = cipher.allocPacket(payload.length);
      packet.set(payload, 5);
      // The padding is random; ours is not, so that the two can be compared.
      packet.fill(7, 5 + payload.length);
      cipher.encrypt(packet);
      return Buffer.concat(writes.splice(0));
    });
  };
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { minLength: 1, maxLength: 6 });

  it("sends the same bytes as the stock one", () => {
    fc.assert(
      fc.property(payloads, (list) => {
        const secret = keys();
        expect(encrypt(tuned, secret, list)).toEqual(encrypt(stock, secret, list));
      }),
      { numRuns: 50 },
    );
  });

  it("writes each packet once", () => {
    let writes = 0;
    const cipher = cipherOf(tuned, keys(), () => writes++);
    for (const size of [1, 100, 32_768]) cipher.encrypt(cipher.allocPacket(size));
    expect(writes).toBe(3);
  });

  it("reads what the stock one sends, however it is cut up on the way", () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (list, sizes) => {
        const secret = keys();
        const line = Buffer.concat(encrypt(stock, secret, list));
        const read: Buffer[] = [];
        const decipher = decipherOf(tuned, secret, (payload) => read.push(payload));
        for (let at = 0, turn = 0; at < line.length; turn++) {
          const piece = line.subarray(at, at + (sizes[turn % sizes.length] ?? 1));
          decipher.decrypt(Buffer.from(piece), 0, piece.length);
          at += piece.length;
        }
        expect(read).toEqual(list.map((payload) => Buffer.from(payload)));
      }),
      { numRuns: 50 },
    );
  });

  it("never takes a packet of which a single bit was changed", () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 0, max: 7 }), (list, where, bit) => {
        const secret = keys();
        const packets = encrypt(stock, secret, list);
        const line = Buffer.concat(packets);
        const at = where % line.length;
        line[at] = (line[at] ?? 0) ^ (1 << bit);
        const read: Buffer[] = [];
        const decipher = decipherOf(tuned, secret, (payload) => read.push(payload));
        try {
          decipher.decrypt(line, 0, line.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        let whole = 0;
        for (let end = packets[0]?.length ?? 0; end <= at; end += packets[whole]?.length ?? Infinity) whole++;
        expect(read).toEqual(list.slice(0, whole).map((payload) => Buffer.from(payload)));
      }),
      { numRuns: 200 },
    );
  });
});
