/** What node:crypto does not tell of a certificate and of a key: extensions, and how a curve is written. */
import { createPublicKey, type KeyObject, type X509Certificate } from "node:crypto";
import { elements, oidText, type Element } from "./der";

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

const TAGS = { boolean: 0x01, oid: 0x06, extensions: 0xa3 } as const;

/** The elements that an element is made of. */
export const inside = (element: Element | undefined): Element[] =>
  element === undefined ? [] : elements(element.body);

/** In the order of the certificate (RFC 5280, 4.1); throws where it is not DER. */
export const extensionsOf = ({ raw }: X509Certificate): Extension[] => {
  const fields = inside(inside(elements(raw)[0])[0]);
  return inside(inside(fields.find(({ tag }) => tag === TAGS.extensions))[0]).map((extension) => {
    const parts = inside(extension);
    return {
      oid: oidText(parts[0]?.body ?? Buffer.alloc(0)),
      critical: parts.some(({ tag, body }) => tag === TAGS.boolean && body[0] !== 0),
      value: parts.at(-1)?.body ?? Buffer.alloc(0),
    };
  });
};

/** Whether an ECDSA key names its curve; it may spell out the curve's numbers instead (RFC 5480, 2.1.1). */
export const namesCurve = (key: KeyObject): boolean => {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const spki = elements(publicKey.export({ type: "spki", format: "der" }))[0];
  return inside(inside(spki)[0])[1]?.tag === TAGS.oid;
};
