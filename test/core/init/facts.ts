/** What a survey says of certificates and files, put together by hand. */
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import type { ConsumerInput, ConsumerName } from "../../../core/model/reload";
import { certificatesIn } from "../../../core/survey/certificateFacts";
import type { CertificateFacts, FileFacts, KubeconfigFacts, Use } from "../../../core/survey/model";
import { makeCa, type ExistingCa } from "../config/fixtures";

export const READ_AT = "2026-06-01T00:00:00Z";
export const NOW = new Date(READ_AT);

const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

/** SHA-256 of the public half, as a survey has it. */
export const digestOf = (privatePem: string): string =>
  sha256(createPublicKey(createPrivateKey(privatePem)).export({ type: "spki", format: "der" }));

/** A real CA, and what a survey says of it. */
export interface Ca extends ExistingCa {
  readonly facts: CertificateFacts;
}

export const caOf = async (commonName: string, times: { from?: string; to?: string } = {}): Promise<Ca> => {
  const ca = await makeCa(commonName, { from: "2025-06-01T00:00:00Z", to: "2035-06-01T00:00:00Z", ...times });
  const [facts] = certificatesIn(ca.certificate);
  if (facts === undefined) throw new Error("no certificate");
  return { ...ca, facts: { ...facts, keyId: sha256(commonName).slice(0, 40), algorithm: "RSA-2048" } };
};

/** A leaf as that CA would issue it. */
export const leafOf = (
  { facts: { subject, keyId } }: Ca,
  changes: Partial<CertificateFacts> & Pick<CertificateFacts, "subject">,
): CertificateFacts => {
  const id = sha256(JSON.stringify([subject, changes]));
  return {
    issuer: subject,
    serial: id.slice(0, 16),
    // kubeadm dates back by five minutes
    notBefore: "2026-04-30T23:55:00Z",
    notAfter: "2027-05-01T00:00:00Z",
    sans: [],
    isCa: false,
    usages: ["clientAuth"],
    keyId: "",
    authorityKeyId: keyId,
    publicKey: sha256(`key ${id}`),
    algorithm: "RSA-2048",
    fingerprint: id,
    pem: "",
    ...changes,
  };
};

/** A file of root's. */
export const fileOf = (path: string, changes: Partial<FileFacts> = {}): FileFacts => ({
  path,
  state: "file",
  owner: "root",
  group: "root",
  uid: 0,
  gid: 0,
  mode: /\.(?:crt|pub)$/.test(path) ? "0644" : "0600",
  modifiedAt: "2026-05-01T00:00:00Z",
  certificates: [],
  keys: [],
  publicKeys: [],
  uses: [],
  ...changes,
});

export const use = (
  component: ConsumerName,
  option: string,
  input: ConsumerInput | undefined,
  secret: boolean,
): Use => ({
  component,
  option,
  secret,
  ...(input === undefined ? {} : { input }),
});

/** A kubeconfig as kubeadm writes it; `client` is in the text, or in that file. */
export const kubeconfigOf = (
  path: string,
  server: string,
  authority: CertificateFacts,
  client: CertificateFacts | string,
  { cluster = "kubernetes", user = "kubernetes-admin" } = {},
): KubeconfigFacts => ({
  path,
  currentContext: `${user}@${cluster}`,
  contexts: [{ name: `${user}@${cluster}`, cluster, user }],
  clusters: [{ name: cluster, server: `https://${server}`, authorities: [authority], insecure: false }],
  users: [
    typeof client === "string"
      ? { name: user, certificates: [], certificateFile: client, keyFile: client, other: [] }
      : { name: user, certificates: [client], key: client.publicKey, other: [] },
  ],
});
