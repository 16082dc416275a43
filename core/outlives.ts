import { X509Certificate } from "node:crypto";
import { momentText, subjectText } from "./config/givenCa";

/** A first leaf may be as long as its CA, and is issued some moments after it. */
const SLACK_MS = 3_600_000;

/** What is wrong with a leaf that ends after the CA that signed it; undefined: nothing. */
export const outlivesProblem = (name: string, leafPem: string, caPem: string): string | undefined => {
  const ca = new X509Certificate(caPem);
  const [leafEnds, caEnds] = [new Date(new X509Certificate(leafPem).validTo), new Date(ca.validTo)];
  if (leafEnds.getTime() - caEnds.getTime() <= SLACK_MS) return undefined;
  return (
    `${name}: the certificate would end ${momentText(leafEnds)}, after its CA ${subjectText(ca)}, which ends ` +
    `${momentText(caEnds)}; no service was given it: let the next generation sign (rotation, up to phase issue or done), ` +
    "or give a shorter certificates.validity"
  );
};
