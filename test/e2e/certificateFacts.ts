import "reflect-metadata";
import { X509Certificate as NodeCertificate } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from "@peculiar/x509";
import { parse } from "yaml";

/** What two certificates for one purpose must have in common, whoever issued them. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly sans: readonly string[];
  readonly keyUsage: number;
  readonly extendedKeyUsage: readonly string[];
  readonly isCa: boolean;
}

export const certificateFacts = (pem: string): CertificateFacts => {
  const certificate = new X509Certificate(pem);
  const { subject, issuer } = new NodeCertificate(pem);
  const extended = certificate.getExtension<ExtendedKeyUsageExtension>("2.5.29.37");
  const names = certificate.getExtension<SubjectAlternativeNameExtension>("2.5.29.17");
  return {
    // kubeadm writes O before CN; a name is a set of its parts here
    subject: subject.split("\n").sort().join(", "),
    issuer,
    sans: (names?.names.items ?? []).map(({ type, value }) => `${type}:${value}`).sort(),
    keyUsage: certificate.getExtension<KeyUsagesExtension>("2.5.29.15")?.usages ?? 0,
    extendedKeyUsage: (extended?.usages ?? []).map(String).sort(),
    isCa: certificate.getExtension<BasicConstraintsExtension>("2.5.29.19")?.ca ?? false,
  };
};

/** The same for a kubeconfig: where it points, who it is for, and the certificate inside it. */
export const kubeconfigFacts = (text: string) => {
  const config = parse(text) as {
    clusters: { cluster: Record<string, string>; name: string }[];
    contexts: unknown[];
    "current-context": string;
    users: { name: string; user: Record<string, string> }[];
  };
  const [{ cluster, name } = { cluster: {}, name: "" }] = config.clusters;
  const [user = { name: "", user: {} }] = config.users;
  const inline = user.user["client-certificate-data"];
  return {
    server: cluster["server"],
    trust: cluster["certificate-authority-data"],
    cluster: name,
    contexts: config.contexts,
    current: config["current-context"],
    user: user.name,
    keys: Object.keys(user.user).sort(),
    certificate: inline === undefined ? undefined : certificateFacts(Buffer.from(inline, "base64").toString()),
  };
};
