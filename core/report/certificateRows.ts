import { nameText } from "../format/x509";
import { X509Certificate } from "node:crypto";
import { consumerOf } from "../model/reload";
import type { NodePlan } from "../plan";
import type { CertificateRow } from "./report";

/** `served` says more than `accepted`, and that more than that its reader has started since. */
const STRENGTH: readonly CertificateRow["proof"][] = ["none", "restarted", "accepted", "served"];

const stronger = (a: CertificateRow["proof"], b: CertificateRow["proof"]): CertificateRow["proof"] =>
  STRENGTH.indexOf(a) > STRENGTH.indexOf(b) ? a : b;

/** The profiles whose files a consumer reads: one that has just started has read what is there now. */
const readBy = (consumer: string, plan: NodePlan): string[] =>
  plan.files.flatMap(({ content, uses }) =>
    "profile" in content && uses.some((input) => consumerOf(input) === consumer) ? [content.profile] : [],
  );

/** The strongest proof a node's `apply` printed for each profile (docs/node-protocol.md). */
const proofsOf = (stdout: string, plan: NodePlan): ReadonlyMap<string, CertificateRow["proof"]> => {
  const found = new Map<string, CertificateRow["proof"]>();
  for (const line of stdout.split("\n")) {
    const [word, consumer = "", kind, profile = "", , , result] = line.split(" ");
    if (word !== "proof" || result !== "yes") continue;
    const profiles = kind === "restarted" ? readBy(consumer, plan) : [profile];
    if (kind === "served" || kind === "accepted" || kind === "restarted")
      for (const each of profiles) found.set(each, stronger(kind, found.get(each) ?? "none"));
  }
  return found;
};

/** A row, the rest of which the certificate itself says. */
export const certificateRow = (
  pem: string,
  row: Pick<CertificateRow, "node" | "certificate" | "keyLocation" | "proof"> & { readonly nextRenewal: Date },
): CertificateRow => {
  const { subject, issuer, serialNumber, validTo } = new X509Certificate(pem);
  return {
    node: row.node,
    certificate: row.certificate,
    subject: nameText(subject),
    issuer: nameText(issuer),
    serial: serialNumber.toLowerCase(),
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
