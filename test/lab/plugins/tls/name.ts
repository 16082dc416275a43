import { isObject, text, texts, type Value } from "../values";
import { decode, element, encode, oid, readOid, sequence, setOf, tag } from "./der";

/** A subject as Go's pkix.Name holds it: several values of one attribute share one relative name. */
export type Name = readonly { readonly oid: string; readonly values: readonly string[] }[];

/** The input's field for each attribute, in the order in which Go writes them. */
const attributes = [
  { field: "country", oid: "2.5.4.6" },
  { field: "organization", oid: "2.5.4.10" },
  { field: "organizationalUnit", oid: "2.5.4.11" },
  { field: "locality", oid: "2.5.4.7" },
  { field: "province", oid: "2.5.4.8" },
  { field: "streetAddresses", oid: "2.5.4.9" },
  { field: "postalCode", oid: "2.5.4.17" },
  { field: "commonName", oid: "2.5.4.3" },
  { field: "serialNumber", oid: "2.5.4.5" },
] as const;
const single: readonly string[] = ["2.5.4.3", "2.5.4.5"];
const emailAddress = "1.2.840.113549.1.9.1";

export function nameFromInput(subject: Value | undefined): Name {
  if (!isObject(subject)) return [];
  const name = attributes.map(({ field, oid }) => {
    const value = text(subject[field]);
    return { oid, values: value === undefined ? texts(subject[field]) : [value] };
  });
  const email = text(subject["emailAddress"]);
  return [...name, { oid: emailAddress, values: email === undefined ? [] : [email] }].filter(
    (a) => a.values.length > 0,
  );
}

/** The attributes of an encoded name that Go carries over to a certificate; others, the e-mail address too, are lost. */
export function nameFromDer(der: Buffer): Name {
  const found = new Map<string, string[]>();
  for (const relative of decode(element(decode(der), 0, "name").content)) {
    for (const pair of decode(relative.content)) {
      const [type, value] = decode(pair.content);
      if (type === undefined || value === undefined) throw new Error("x509: invalid RDNSequence");
      const id = readOid(type.content);
      // Of an attribute that can be there once, the last one counts.
      const before = single.includes(id) ? [] : (found.get(id) ?? []);
      found.set(id, [...before, value.content.toString()]);
    }
  }
  return attributes.map(({ oid }) => ({ oid, values: found.get(oid) ?? [] })).filter((a) => a.values.length > 0);
}

export function nameToDer(name: Name): Buffer {
  return sequence(
    ...name.map((attribute) =>
      setOf(...attribute.values.map((value) => sequence(oid(attribute.oid), directoryString(attribute.oid, value)))),
    ),
  );
}

function directoryString(attribute: string, value: string): Buffer {
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
  const kind = attribute === emailAddress ? tag.ia5String : printable ? tag.printableString : tag.utf8String;
  return encode(kind, Buffer.from(value));
}
