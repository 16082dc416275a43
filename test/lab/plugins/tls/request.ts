import type { KeyObject } from "node:crypto";
import {
  bitString,
  context,
  decode,
  element,
  encode,
  integer,
  oid,
  octetString,
  readOid,
  sequence,
  setOf,
} from "./der";
import { publicKeyInfo, signatureOf } from "./keys";
import { nameFromDer, nameToDer, type Name } from "./name";
import { alternativesFromDer, alternativesToDer, readExtensions, subjectAltName, type Alternatives } from "./names";

/** A certification request (RFC 2986): what it asks for and for which key. */
export interface Request {
  readonly subject: Name;
  readonly alternatives: Alternatives;
  readonly publicKeyInfo: Buffer;
}

const extensionRequest = "1.2.840.113549.1.9.14";
const attributesTag = context(0, true);

export function writeRequest(subject: Name, alternatives: Alternatives, key: KeyObject): Buffer {
  const names = alternativesToDer(alternatives);
  const extensions = names && sequence(sequence(oid(subjectAltName), octetString(names)));
  const attributes = extensions ? [sequence(oid(extensionRequest), setOf(extensions))] : [];
  const body = sequence(
    integer(Buffer.from([0])),
    nameToDer(subject),
    publicKeyInfo(key),
    encode(attributesTag, ...attributes),
  );
  const { identifier, sign } = signatureOf(key);
  return sequence(body, identifier, bitString(sign(body)));
}

/** As the official provider: the request's own signature is not checked. */
export function readRequest(der: Buffer): Request {
  const outer = decode(element(decode(der), 0, "certificate request").content);
  const parts = decode(element(outer, 0, "certificate request body").content);
  const attributes = parts.find((part) => part.tag === attributesTag)?.content ?? Buffer.alloc(0);
  const wanted = decode(attributes).map(({ content }) => decode(content));
  const extensions = wanted.find(([type]) => type !== undefined && readOid(type.content) === extensionRequest)?.[1];
  const names = extensions && readExtensions(extensions.content).find(({ id }) => id === subjectAltName);
  return {
    subject: nameFromDer(element(parts, 1, "subject").raw),
    publicKeyInfo: element(parts, 2, "public key").raw,
    alternatives: names ? alternativesFromDer(names.value) : { dnsNames: [], ipAddresses: [], uris: [] },
  };
}
