import { readFile } from "node:fs/promises";

/**
 * What is changed in ssh2's lib/protocol/crypto.js while it is bundled. Both make AES-GCM, which we prefer, cheaper:
 * a key that Node has already taken in costs half of one that it has to take in for each packet, and a packet that is
 * written at once costs one call into the system and not three. What goes over the line stays the same, byte for byte.
 */
const CHANGES = [
  {
    from: "  createCipheriv, createDecipheriv, createHmac, randomFillSync, timingSafeEqual\n} = require('crypto');",
    to: "  createCipheriv, createDecipheriv, createHmac, createSecretKey, randomFillSync, timingSafeEqual\n} = require('crypto');",
  },
  { from: "    this._encKey = enc.cipherKey;\n", to: "    this._encKey = createSecretKey(enc.cipherKey);\n" },
  {
    from: "    this._decipherKey = dec.decipherKey;\n",
    to: "    this._decipherKey = createSecretKey(dec.decipherKey);\n",
  },
  {
    from: `    cipher.setAAD(lenData);
    this._onWrite(lenData);

    // Encrypt pad length, payload, and padding
    const encrypted = cipher.update(packet.slice(4));
    this._onWrite(encrypted);
    const final = cipher.final();
    // XXX: final.length === 0 always?
    if (final.length)
      this._onWrite(final);

    // Generate MAC
    const tag = cipher.getAuthTag();
    this._onWrite(tag);
`,
    to: `    cipher.setAAD(lenData);
    const encrypted = cipher.update(packet.slice(4));
    const final = cipher.final();
    this._onWrite(Buffer.concat([lenData, encrypted, final, cipher.getAuthTag()]));
`,
  },
];

/**
 * Applies the changes to the text of ssh2's crypto.js.
 * @param {string} source
 * @throws when a place to change is not there exactly once: ssh2 was updated, and the changes must be looked at again
 */
export function tune(source) {
  return CHANGES.reduce((text, { from, to }, index) => {
    const parts = text.split(from);
    if (parts.length !== 2) {
      throw new Error(
        `ssh2's lib/protocol/crypto.js is not the one that scripts/build/tuned-ssh2.mjs was written for: ` +
          `the place of change ${index + 1} stands there ${parts.length - 1} times. Compare the two and adapt CHANGES.`,
      );
    }
    return parts.join(to);
  }, source);
}

/** An esbuild plugin that bundles ssh2 with the changes, and fails a build that has ssh2 without them. Needs `metafile`. */
export const tunedSsh2 = {
  name: "tuned-ssh2",
  setup({ onLoad, onEnd }) {
    let tuned = false;
    onLoad({ filter: /[\\/]ssh2[\\/]lib[\\/]protocol[\\/]crypto\.js$/ }, async ({ path }) => {
      const contents = tune(await readFile(path, "utf8"));
      tuned = true;
      return { contents, loader: "js" };
    });
    onEnd(({ metafile }) => {
      const has = Object.keys(metafile?.inputs ?? {}).some((input) => /(?:^|\/)node_modules\/ssh2\//.test(input));
      if (!has || tuned) return undefined;
      return {
        errors: [{ text: "ssh2 was bundled untuned: its crypto.js is not where scripts/build/tuned-ssh2.mjs looks." }],
      };
    });
  },
};
