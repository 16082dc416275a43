import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { AUTHORITIES, authorityCommonName, type AuthorityName } from "../core/authorities";
import { certificateRows } from "../core/certificateRows";
import { nodeConnection, type Config } from "../core/config";
import { applyPayload } from "../core/payload";
import { planCluster, type ClusterPlan, type NodePlan } from "../core/plan";
import { publicKeyOf } from "../core/publicKey";
import type { CertificateRow } from "../core/report";
import type { Authority } from "./authority/authority";
import { EmbeddedAuthority } from "./authority/embedded";
import { verbStep } from "./nodeCommand";
import { NodePki } from "./nodePki";

export interface ClusterPkiArgs {
  /** The cluster, its nodes and its policy, as `parseConfig` returns them. Plain: it shapes the graph. */
  readonly config: Config;
  /** The moment to plan for. Plain; taken once, at the top of the program. */
  readonly now: Date;
}

/** How `kube-pki status --nodes` reaches a node. */
export interface NodeAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string | undefined;
  readonly sudo: boolean;
}

interface ServiceAccountKeys {
  readonly privatePem: pulumi.Output<string>;
  readonly publicPem: pulumi.Output<string>;
}

/** The whole PKI of one cluster: authorities, every leaf certificate and kubeconfig, the files on every node. */
export class ClusterPki extends pulumi.ComponentResource {
  /** Every certificate: subject, issuer, serial, end, next renewal, and how it was proven. */
  public readonly certificates: pulumi.Output<CertificateRow[]>;
  public readonly nodes: readonly NodeAddress[];
  /** The certificates to trust, PEM, for each authority. */
  public readonly trust: Readonly<Record<AuthorityName, pulumi.Output<string>>>;

  public constructor(
    private readonly base: string,
    private readonly args: ClusterPkiArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:ClusterPki", base, {}, options);
    const { config, now } = args;
    const plan = planCluster(config, now);
    const authorities = this.makeAuthorities();
    const serviceAccount = this.makeServiceAccountKeys(plan);
    const nodes = plan.nodes.map((node) => ({
      node,
      pki: new NodePki(`${base}-${node.node.name}`, { config, plan: node, authorities }, { parent: this }),
    }));
    // The gate: no node is touched before every node was reached, has its keys and its certificates are issued.
    const gate = nodes.flatMap(({ pki }) => pki.prepared);
    const applied = new Map<string, command.remote.Command>();
    for (const { node, pki } of nodes) {
      const before = node.after.flatMap((name) => applied.get(name) ?? []);
      const step = verbStep(
        `${base}-${node.node.name}-apply`,
        { config, node: node.node },
        "apply",
        this.payload(plan, node, pki, authorities, serviceAccount),
        { parent: pki, dependsOn: before.length > 0 ? before : gate }, // one after another; plan.after says why
      );
      applied.set(node.node.name, step);
    }
    this.trust = mapAuthorities((name) => authorities[name].trustPem);
    this.nodes = config.nodes.map((node) => ({ name: node.name, ...nodeConnection(config, node) }));
    this.certificates = pulumi
      .all(nodes.map(({ node, pki }) => this.rows(node, pki, applied.get(node.node.name))))
      .apply((rows) => rows.flat());
    this.registerOutputs({ certificates: this.certificates });
  }

  private makeAuthorities(): Record<AuthorityName, Authority> {
    const { authority, cluster } = this.args.config;
    return mapAuthorities((name) => {
      const given = authority[name];
      return new EmbeddedAuthority(
        `${this.base}-${name}-ca`,
        {
          commonName: authorityCommonName(cluster.name, name, 1),
          algorithm: authority.algorithm,
          validitySeconds: authority.validitySeconds,
          given: given && { certificatePem: given.certificate, keyPem: pulumi.secret(given.key) },
        },
        { parent: this },
      );
    });
  }

  /** RSA, as kubeadm makes it: the one algorithm every verifier of service account tokens knows. */
  private makeServiceAccountKeys(plan: ClusterPlan): ServiceAccountKeys | undefined {
    const given = this.args.config.authority.serviceAccount?.key;
    if (given !== undefined) return { privatePem: pulumi.secret(given), publicPem: pulumi.output(publicKeyOf(given)) };
    if (!plan.managesServiceAccount) return undefined;
    const key = new tls.PrivateKey(
      `${this.base}-service-account`,
      { algorithm: "RSA", rsaBits: 2048 },
      { parent: this, protect: true },
    );
    return { privatePem: pulumi.secret(key.privateKeyPem), publicPem: key.publicKeyPem };
  }

  private payload(
    cluster: ClusterPlan,
    plan: NodePlan,
    pki: NodePki,
    authorities: Readonly<Record<AuthorityName, Authority>>,
    serviceAccount: ServiceAccountKeys | undefined,
  ): pulumi.Output<string> {
    const { config } = this.args;
    // Only what this node gets is unwrapped: a payload without secrets stays readable in `pulumi preview --diff`.
    const secrets = plan.hasSecrets
      ? { caKeys: { kubernetes: authorities.kubernetes.keyPem }, serviceAccount }
      : { caKeys: {}, serviceAccount: undefined };
    return pulumi
      .output({
        leaves: pki.leaves,
        trust: mapAuthorities((name) => authorities[name].trustPem),
        ...secrets,
      })
      .apply((material) => applyPayload(cluster, plan, config, material));
  }

  private rows(plan: NodePlan, pki: NodePki, applied: command.remote.Command | undefined) {
    const certificates = Object.fromEntries(
      Object.entries(pki.leaves).map(([profile, leaf]) => [profile, leaf.certificatePem]),
    );
    return pulumi
      .all([pulumi.output(certificates), applied?.stdout ?? ""])
      .apply(([issued, stdout]) => certificateRows(plan, issued, stdout));
  }
}

const mapAuthorities = <T>(make: (name: AuthorityName) => T): Record<AuthorityName, T> =>
  Object.fromEntries(AUTHORITIES.map((name) => [name, make(name)])) as Record<AuthorityName, T>;
