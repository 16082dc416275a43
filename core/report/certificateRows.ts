import { nameText } from "../format/x509";
import { X509Certificate } from "node:crypto";
import { consumerOf } from "../model/reload";
import type { NodePlan } from "../plan";
import type { CertificateRow } from "./report";

/**
 * `served` says more than `accepted`, that more than that a CA which its server reads has signed it, and that more than that
 * its reader has started since.
 */
const STRENGTH: readonly CertificateRow["proof"][] = ["none", "restarted", "chain", "accepted", "served"];

/** What a node's word for a proof of one certificate comes to; an aggregated API server has accepted the front proxy's. */
const WORDS: Readonly<Record<string, CertificateRow["proof"]>> = {
  served: "served",
  accepted: "accepted",
  aggregated: "accepted",
  chain: "chain",
  restarted: "restarted",
};

const stronger = (a: CertificateRow["proof"], b: CertificateRow["proof"]): CertificateRow["proof"] =>
  STRENGTH.indexOf(a) > STRENGTH.indexOf(b) ? a : b;

/** The profiles whose files a consumer reads: one that has just started has read what is there now. */
const readBy = (consumer: string, plan: NodePlan): string[] =>
  plan.files.flatMap(({ content, uses, own = [] }) =>
    "profile" in content && (own.includes(consumer) || uses.some((input) => consumerOf(input) === consumer))
      ? [content.profile]
      : [],
  );

/** The strongest proof a node's `apply` printed for each profile (docs/node-protocol.md). */
const proofsOf = (stdout: string, plan: NodePlan): ReadonlyMap<string, CertificateRow["proof"]> => {
  const found = new Map<string, CertificateRow["proof"]>();
  for (const line of stdout.split("\n")) {
    const [word, consumer = "", kind = "", profile = "", , , result] = line.split(" ");
    const proof = WORDS[kind];
    if (word !== "proof" || result !== "yes" || proof === undefined) continue;
    for (const each of proof === "restarted" ? readBy(consumer, plan) : [profile])
      found.set(each, stronger(proof, found.get(each) ?? "none"));
  }
  return found;
};

/** A row, the rest of which the certificate itself says. */
export const certificateRow = (
  pem: string,
  row: Pick<CertificateRow, "node" | "certificate" | "keyLocation" | "proof"> & { readonly nextRenewal: Date },
): CertificateRow => {
  const { subject, issuer, serialNumber, validFrom, validTo } = new X509Certificate(pem);
  return {
    node: row.node,
    certificate: row.certificate,
    subject: nameText(subject),
    issuer: nameText(issuer),
    serial: serialNumber.toLowerCase(),
    notBefore: new Date(validFrom).toISOString(),
    notAfter: new Date(validTo).toISOString(),
    nextRenewal: row.nextRenewal.toISOString(),
    keyLocation: row.keyLocation,
    proof: row.proof,
  };
};

/** What a stack reports about one node's certificates. */
export const certificateRows = (
  plan: NodePlan,
  certificates: Readonly<Record<string, string>>,
  stdout: string,
): CertificateRow[] => {
  const proofs = proofsOf(stdout, plan);
  return plan.leaves.flatMap(({ profile, renewal }) => {
    const pem = certificates[profile];
    if (pem === undefined) return [];
    const proof = proofs.get(profile) ?? "none";
    const row = {
      node: plan.node.name,
      certificate: profile,
      keyLocation: plan.keyLocation,
      proof,
      nextRenewal: renewal.next,
    };
    return [certificateRow(pem, row)];
  });
};
