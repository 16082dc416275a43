/** Certificates that the stack has issued and that a node has not got: a run did not reach it, or it was set back. */
import { parsedCertificate, plainSerial } from "../format/x509";
import type { LeafName } from "../model/profiles";
import type { Change } from "./change";

export interface IssuedTo {
  readonly profile: LeafName;
  readonly certificatePem: string;
  /** ISO 8601. */
  readonly issued: string;
}

/** Vault and OpenBao date certificates back by 30 s. */
const DATED_BACK_MS = 60_000;

/** What a node without openssl notes in place of a serial. */
const NO_SERIAL = "-";

/**
 * @param given serials that the node has noted, by profile; none of a node that was given nothing yet
 * @param began when a run that issues certificates began: what it has issued itself it brings to the node anyway; undefined in
 * a preview, which issues none
 */
export const olderChange = (
  given: Readonly<Record<string, string>>,
  issued: readonly IssuedTo[],
  began: Date | undefined,
): Change | undefined => {
  if (Object.keys(given).length === 0) return undefined;
  const other = issued.filter(({ profile, certificatePem, issued: at }) => {
    const certificate = parsedCertificate(certificatePem);
    const has = given[profile];
    return (
      certificate !== undefined &&
      has !== NO_SERIAL &&
      has !== plainSerial(certificate.serialNumber) &&
      (began === undefined || Date.parse(at) < began.getTime() - DATED_BACK_MS)
    );
  });
  return other.length === 0
    ? undefined
    : {
        text:
          `${other.map(({ profile }) => profile).join(", ")}: not the certificate that the stack has issued; ` +
          "an earlier run did not reach this node, or it was set back to an earlier state",
        by: ["apply"],
        leaves: other.map(({ profile }) => profile),
      };
};
