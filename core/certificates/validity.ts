/** Checks of how long an issued certificate is valid. */
import { X509Certificate } from "node:crypto";
import { formatDuration } from "../format/duration";
import { momentText, subjectText } from "../format/x509";

/** Clocks differ and servers date certificates back; a smaller difference is ignored. */
const TOLERANCE = 60;

export interface Granted {
  /** ISO 8601. */
  readonly issued: string;
  /** ISO 8601. */
  readonly expires: string;
}

/** notBefore and notAfter of a certificate. */
export const validityIn = (pem: string): Granted => {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { issued: new Date(validFrom).toISOString(), expires: new Date(validTo).toISOString() };
};

/**
 * Reads back how long a certificate is valid.
 *
 * @throws Error when that is shorter than what was asked for
 */
export const grantedValidity = (name: string, pem: string, validitySeconds: number, where: string): Granted => {
  const validity = validityIn(pem);
  const granted = Math.floor((Date.parse(validity.expires) - Date.parse(validity.issued)) / 1000);
  if (granted < validitySeconds - TOLERANCE)
    throw new Error(
      `${name}: asked for ${formatDuration(validitySeconds)}, but the certificate is valid for ` +
        `only ${formatDuration(granted - (granted % 60))}: ${where} allows no more; raise that limit or set a shorter validity in the ` +
        `stack file, then run \`pulumi up --replace '**${name}'\``,
    );
  return validity;
};

/** A first leaf may be valid as long as its CA, and is issued shortly after it. */
const SLACK_MS = 3_600_000;

/** What is wrong with a leaf that expires after the CA that signed it; undefined: nothing. */
export const outlivesProblem = (name: string, leafPem: string, caPem: string): string | undefined => {
  const ca = new X509Certificate(caPem);
  const [leafEnds, caEnds] = [new Date(new X509Certificate(leafPem).validTo), new Date(ca.validTo)];
  if (leafEnds.getTime() - caEnds.getTime() <= SLACK_MS) return undefined;
  return (
    `${name}: the certificate would expire ${momentText(leafEnds)}, after its CA ${subjectText(ca)}, which expires ` +
    `${momentText(caEnds)}; no node received it: rotate the CA (to phase issue or done), or set a shorter ` +
    "certificates.validity"
  );
};
