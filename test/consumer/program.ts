/** A program of somebody else: each exported class, made with exported types only. It is compiled, never run. */
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import * as vault from "@pulumi/vault";
import {
  ClusterPki,
  EmbeddedAuthority,
  stackFile,
  VaultAuthority,
  type Algorithm,
  type Authority,
  type AuthorityName,
  type CaRequest,
  type CaSigner,
  type CertificateRow,
  type ClusterArgs,
  type ClusterPkiArgs,
  type EmbeddedAuthorityArgs,
  type Issued,
  type NodeAddress,
  type NodeArgs,
  type LeafName,
  type Sections,
  type SigningRequest,
  type StackFile,
  type VaultAuthorityArgs,
  type VaultCaArgs,
  type VaultRole,
} from "../../components";

const config = new pulumi.Config();
const machine = { address: pulumi.output("10.0.0.11"), hostKey: pulumi.output("ssh-ed25519 AAAA") };

const cluster: ClusterArgs = { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" };
const node: NodeArgs = {
  name: "cp1",
  address: machine.address,
  roles: ["control-plane"],
  ssh: { hostKey: machine.hostKey },
};
const sections: Sections = { cluster, nodes: [node], ssh: { privateKey: config.requireSecret("login") } };
const args: ClusterPkiArgs = {
  ...sections,
  authority: { kubernetes: { certificate: config.require("ca"), key: config.requireSecret("caKey") } },
  certificates: { validity: "90d", profiles: { kubelet: { validity: "30d" } } },
  now: new Date(),
};
const pki = new ClusterPki("prod", args, { protect: true });
const file: StackFile = stackFile();
const other = new ClusterPki(file.name, file.args);

export const rows: pulumi.Output<CertificateRow[]> = pki.certificates;
export const profiles: pulumi.Output<(LeafName | `kubeconfig:${string}`)[]> = rows.apply((all) =>
  all.map(({ certificate }) => certificate),
);
export const addresses: pulumi.Output<NodeAddress[]> = pki.nodes;
export const trust: Readonly<Partial<Record<AuthorityName, pulumi.Output<string>>>> = other.trust;
export const kubeconfigs: pulumi.Output<Record<string, string>> = pki.kubeconfigs;
export const requests: Readonly<Record<string, pulumi.Output<string>>> = pki.signingRequests;

const algorithm: Algorithm = "ECDSA-P256";
const embedded: EmbeddedAuthorityArgs = { commonName: "own", algorithm, validitySeconds: 86_400 };
const ca: VaultCaArgs = { ...embedded, provider: new vault.Provider("vault"), mount: "pki" };
const role: VaultRole = {
  role: "web",
  names: ["web.example.com"],
  hasAddresses: false,
  organizations: [],
  usages: ["server"],
  algorithm,
  validitySeconds: 3600,
};
const caSigner: CaSigner = (_name: string, { requestPem }: CaRequest) => pulumi.output(requestPem);
const inVault: VaultAuthorityArgs = {
  ...ca,
  generation: 1,
  signedBy: { requestPem: pulumi.output("CSR"), caSigner },
  roles: [role],
  csrSigner: "none",
};
const authorities: readonly Authority[] = [
  new EmbeddedAuthority("own", embedded),
  new VaultAuthority("theirs", inVault),
];
const request: SigningRequest = {
  role: "web",
  commonName: "web.example.com",
  requestPem: new tls.CertRequest("web", { privateKeyPem: config.requireSecret("webKey") }).certRequestPem,
  usages: ["server"],
  validitySeconds: 3600,
  id: "1",
};
export const issued: readonly Issued[] = authorities.map((authority) => authority.issue("web", request, {}));

// @ts-expect-error a misspelt section
export const misspelt: ClusterPkiArgs = { ...sections, clutser: cluster };
// @ts-expect-error resources follow from a name
export const named: ClusterArgs = { ...cluster, name: pulumi.output("prod") };
// @ts-expect-error no such layout
export const laidOut: ClusterPkiArgs = { ...sections, layout: "talos" };
