import { X509Certificate } from "node:crypto";
import type { NodePlan } from "./plan";
import type { CertificateRow } from "./report";

/** Subjects and issuers on one line, `CN = a, O = b` style without the spaces OpenSSL adds. */
const oneLine = (name: string): string => name.split("\n").join(", ");

/**
 * The strongest proof a node's `apply` printed for each profile (docs/node-protocol.md): a certificate seen to be served
 * says more than a client certificate seen to be accepted.
 */
const proofsOf = (stdout: string): ReadonlyMap<string, CertificateRow["proof"]> => {
  const found = new Map<string, CertificateRow["proof"]>();
  for (const line of stdout.split("\n")) {
    const [word, , kind, profile, , , result] = line.split(" ");
    if (word !== "proof" || result !== "yes" || profile === undefined) continue;
    if (kind === "served" || (kind === "accepted" && found.get(profile) !== "served")) found.set(profile, kind);
  }
  return found;
};

/** What a stack reports about one node's certificates. */
export const certificateRows = (
  plan: NodePlan,
  certificates: Readonly<Record<string, string>>,
  stdout: string,
): CertificateRow[] => {
  const proofs = proofsOf(stdout);
  return plan.leaves.flatMap(({ profile, renewal }) => {
    const pem = certificates[profile];
    if (pem === undefined) return [];
    const { subject, issuer, serialNumber, validTo } = new X509Certificate(pem);
    return [
      {
        node: plan.node.name,
        certificate: profile,
        subject: oneLine(subject),
        issuer: oneLine(issuer),
        serial: serialNumber.toLowerCase(),
        notAfter: new Date(validTo).toISOString(),
        nextRenewal: renewal.next.toISOString(),
        custody: plan.custody,
        proof: proofs.get(profile) ?? "none",
      },
    ];
  });
};
