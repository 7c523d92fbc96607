/** The few ASN.1 types in DER (ITU-T X.690) that a certificate is made of. */

const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

function tlv(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tlv(0x10 | CONSTRUCTED, Buffer.concat(items));
export const set = (...items: readonly Uint8Array[]): Buffer => tlv(0x11 | CONSTRUCTED, Buffer.concat(items));
export const octets = (content: Uint8Array): Buffer => tlv(0x04, content);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text, "utf8"));
/** `[number] EXPLICIT` */
export const explicit = (number: number, content: Uint8Array): Buffer => tlv(CONTEXT | CONSTRUCTED | number, content);
/** `[number] IMPLICIT` of a primitive type */
export const implicit = (number: number, content: Uint8Array): Buffer => tlv(CONTEXT | number, content);
export const flag = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
/** @param unused how many of the last byte's lowest bits do not count */
export const bits = (content: Uint8Array, unused = 0): Buffer =>
  tlv(0x03, Buffer.concat([Buffer.from([unused]), content]));

/** An INTEGER that is not negative. @param magnitude big-endian, without leading zeros */
export function integer(magnitude: Uint8Array): Buffer {
  const isNegativeLooking = ((magnitude[0] ?? 0) & 0x80) !== 0;
  return tlv(0x02, isNegativeLooking ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude);
}

/** @param dotted `1.2.840.10045.4.3.2` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tlv(0x06, Buffer.from(bytes));
}

/** A time to the second: two digits of the year up to 2049, four after that (RFC 5280, 4.1.2.5). */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  const isShort = at.getUTCFullYear() < 2050;
  return tlv(isShort ? 0x17 : 0x18, Buffer.from(isShort ? digits.slice(2) : digits, "ascii"));
}
