/** DER (X.690, 8.1 and 10.1), as far as certificates ask for it and node:crypto does not tell. */

export interface Element {
  readonly tag: number;
  readonly body: Buffer;
}

/** The elements that stand one after another in a text; throws where it is not DER. */
export function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < der.length;) {
    const tag = der.readUInt8(at);
    const first = der.readUInt8(at + 1);
    const bytes = first < 0x80 ? 0 : first - 0x80;
    if (first === 0x80) throw new RangeError("a length that is not told"); // BER only
    const length = bytes === 0 ? first : der.readUIntBE(at + 2, bytes);
    const start = at + 2 + bytes;
    if (start + length > der.length) throw new RangeError("an element that is cut off");
    found.push({ tag, body: der.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

/** "2.5.29.37": the first byte holds two numbers, each later one seven bits a byte (X.690, 8.19). */
export function oidText(body: Buffer): string {
  const numbers = body.reduce<bigint[]>(
    (done, byte, index) => {
      const value = ((done.pop() ?? 0n) << 7n) | BigInt(byte & 0x7f);
      const isLast = byte < 0x80 && index < body.length - 1;
      return [...done, value, ...(isLast ? [0n] : [])];
    },
    [0n],
  );
  const [head = 0n, ...rest] = numbers;
  const top = head < 80n ? head / 40n : 2n;
  return [top, head - top * 40n, ...rest].join(".");
}
