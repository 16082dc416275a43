/** Certificates in words. */
import { X509Certificate } from "node:crypto";

/** The certificate, or undefined when the text holds none or cannot be read. */
export const parsedCertificate = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
};

/** A subject or an issuer on one line: "O=example, CN=kubernetes". */
export const nameText = (name: string): string => name.split("\n").join(", ");

export const subjectText = ({ subject }: X509Certificate): string => nameText(subject);

/** Seconds only: "2027-01-31T12:00:00Z". */
export const momentText = (moment: Date): string => moment.toISOString().replace(/\.\d+Z$/, "Z");

/** Serials as sources write them differently (colons, leading zeros, letter case) in one spelling. */
export const plainSerial = (serial: string): string =>
  serial
    .replace(/:/g, "")
    .toLowerCase()
    .replace(/^0+(?=.)/, "");

/** SHA-256 of a certificate, hex without separators. */
export const fingerprintOf = ({ fingerprint256 }: X509Certificate): string =>
  fingerprint256.replaceAll(":", "").toLowerCase();
