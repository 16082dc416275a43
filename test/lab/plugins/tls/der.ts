/** The part of DER (X.690) that certificates and requests need. */

export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A context-specific tag; constructed when it wraps other elements. */
export const context = (number: number, constructed = false): number => 0x80 | (constructed ? 0x20 : 0) | number;

export function encode(tagByte: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tagByte]), length(body.length), body]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const digits = Buffer.from(bytes.toString(16).padStart(2 * Math.ceil(bytes.toString(16).length / 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

export const sequence = (...items: Buffer[]): Buffer => encode(tag.sequence, ...items);

/** SET OF: DER wants the encodings sorted. */
export const setOf = (...items: Buffer[]): Buffer => encode(tag.set, ...items.sort((a, b) => a.compare(b)));

/** An INTEGER from unsigned big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  const sign = (digits[0] ?? 0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0);
  return encode(tag.integer, sign, digits.length === 0 ? Buffer.from([0]) : digits);
}

export const bitString = (bytes: Buffer, unusedBits = 0): Buffer =>
  encode(tag.bitString, Buffer.from([unusedBits]), bytes);

export const octetString = (bytes: Buffer): Buffer => encode(tag.octetString, bytes);

export const yes = encode(tag.boolean, Buffer.from([0xff]));

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) groups.unshift(0x80 | (high % 128));
    return groups;
  });
  return encode(tag.oid, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5); both in whole seconds. */
export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  const short = at.getUTCFullYear() >= 1950 && at.getUTCFullYear() < 2050;
  return encode(short ? tag.utcTime : tag.generalizedTime, Buffer.from(short ? digits.slice(2) : digits));
}

/** One element as read: `raw` is all of it, `content` what is inside. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

/** The elements that stand one after another in the bytes. */
export function decode(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at + 1] ?? 0;
    const digits = first & 0x80 ? first & 0x7f : 0;
    const size = digits === 0 ? first : parseInt(bytes.toString("hex", at + 2, at + 2 + digits), 16);
    const start = at + 2 + digits;
    if (!(start + size <= bytes.length)) throw new Error("asn1: data truncated");
    elements.push({
      tag: bytes[at] ?? 0,
      content: bytes.subarray(start, start + size),
      raw: bytes.subarray(at, start + size),
    });
    at = start + size;
  }
  return elements;
}

/** The one element at a place in a list, or a sentence that says what is missing. */
export function element(elements: Element[], index: number, what: string): Element {
  const found = elements[index];
  if (found === undefined) throw new Error(`asn1: no ${what}`);
  return found;
}

export function readOid(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...rest].join(".");
}
