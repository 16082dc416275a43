/** The component for programs in any language of Pulumi: the library's own, with plain types. */
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki as Library, type ClusterPkiArgs as LibraryArgs } from "library";
import type { ClusterPkiArgs } from "./args";

/** A leaf certificate. */
export interface Certificate {
  /** `-` for what is on no node: a user's certificate, one that a Secret of the cluster holds. */
  node: string;
  /** Its kind; `own.<name>` for one of `certificates.own`, `kubeconfig:<name>` for a user's. */
  certificate: string;
  subject: string;
  issuer: string;
  /** Hex without separators. */
  serial: string;
  /** ISO 8601. */
  notBefore?: string;
  /** ISO 8601. */
  notAfter: string;
  /** ISO 8601: an `up` at or after this time renews it. */
  nextRenewal: string;
  /** Where the private key is: node or state. */
  keyLocation: string;
  /** How the node proved that it uses this certificate: served, accepted, chain, restarted or none. */
  proof: string;
}

/** A CA of the stack that nodes trust. */
export interface CertificateAuthority {
  /** kubernetes, etcd or frontProxy. */
  authority: string;
  generation: number;
  /** Which the rotation to the newest generation has reached: trust, issue, done. */
  phase: string;
  /** ISO 8601: when the next phase is allowed, by rotation.soak. */
  nextPhaseFrom?: string;
  /** Whether it signs; else it is only trusted. */
  signs: boolean;
  subject: string;
  /** Hex without separators. */
  serial: string;
  /** ISO 8601. */
  notBefore: string;
  /** ISO 8601. */
  notAfter: string;
  /** ISO 8601: after this time no leaf certificate of full validity can be issued under it. */
  rotateBefore: string;
}

/** How a node is reached. */
export interface NodeAddress {
  name: string;
  host: string;
  port: number;
  user: string;
  hostKey?: string;
  sudo: boolean;
}

/** The whole PKI of one cluster: authorities, every leaf certificate and kubeconfig, the files on every node. */
export class ClusterPki extends pulumi.ComponentResource {
  /** Every leaf certificate. */
  public readonly certificates: pulumi.Output<Certificate[]>;
  /** The stack's CAs that nodes trust. */
  public readonly authorities: pulumi.Output<CertificateAuthority[]>;
  /** The nodes, for `kube-pki status --nodes`. */
  public readonly nodes: pulumi.Output<NodeAddress[]>;
  /** The CA certificates to trust, PEM, by the name of the authority; in a rotation its target. */
  public readonly trust: pulumi.Output<Record<string, string>>;
  /** Kubeconfigs of the administrator and of each user, by name. A secret. */
  public readonly kubeconfigs: pulumi.Output<Record<string, string>>;
  /** Signing requests for an offline CA, PEM by the name of the requested CA. */
  public readonly signingRequests: pulumi.Output<Record<string, string>>;

  public constructor(name: string, args: ClusterPkiArgs, options?: pulumi.ComponentResourceOptions) {
    super("kube-pki:index:ClusterPki", name, {}, options);
    // a wrong value is refused by the library, in one sentence that names the field
    const pki = new Library(name, args as unknown as LibraryArgs, { parent: this });
    this.certificates = pki.certificates as pulumi.Output<Certificate[]>;
    this.authorities = pki.authorities as pulumi.Output<CertificateAuthority[]>;
    this.nodes = pki.nodes as pulumi.Output<NodeAddress[]>;
    this.trust = pulumi.output(pki.trust) as pulumi.Output<Record<string, string>>;
    this.kubeconfigs = pki.kubeconfigs;
    this.signingRequests = pulumi.output(pki.signingRequests);
    const { certificates, authorities, nodes, trust, kubeconfigs, signingRequests } = this;
    this.registerOutputs({ certificates, authorities, nodes, trust, kubeconfigs, signingRequests });
  }
}
