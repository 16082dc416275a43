import * as pulumi from "@pulumi/pulumi";
import type { LeafPlan } from "../core/certificates/leaves";
import { NO_NODE } from "../core/certificates/renewAt";
import { leafName } from "../core/certificates/resourceNames";
import type { HeldPair } from "../core/cluster/own";
import type { AuthorityName } from "../core/model/authorities";
import { certificateRow } from "../core/report/certificateRows";
import type { CertificateRow } from "../core/report/report";
import type { Authority } from "./authority/authority";
import { stateKey } from "./stateKey";

export interface HeldCertificatesArgs {
  /** Plain: it shapes the graph. */
  readonly leaves: readonly LeafPlan[];
  readonly issuers: Readonly<Record<AuthorityName, Authority | undefined>>;
}

/**
 * The user's own certificates that Secrets of the cluster hold. Their keys are in the state: there is no node to make them, and
 * whoever writes a Secret has its key.
 */
export class HeldCertificates extends pulumi.ComponentResource {
  /** By leaf. The keys are secrets. */
  public readonly pairs: pulumi.Output<Record<string, HeldPair>>;
  public readonly certificates: pulumi.Output<CertificateRow[]>;

  public constructor(
    base: string,
    { leaves, issuers }: HeldCertificatesArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:HeldCertificates", base, {}, options);
    const issued = leaves.map((leaf) => {
      const { profile, authority, commonName, usages, validitySeconds, id } = leaf;
      const issuer = issuers[authority];
      if (issuer === undefined)
        throw new Error(`${profile}: the ${authority} authority has no key to sign with in this phase`);
      const name = leafName(base, profile);
      const { keyPem, requestPem } = stateKey(name, leaf, this);
      const request = { role: profile, commonName, requestPem, usages, validitySeconds, id };
      const { certificatePem } = issuer.issue(name, request, { parent: this });
      return { leaf, certificatePem, keyPem };
    });
    this.pairs = pulumi.output(
      Object.fromEntries(
        issued.map(({ leaf, certificatePem, keyPem }) => [leaf.profile, { certificate: certificatePem, key: keyPem }]),
      ),
    );
    this.certificates = pulumi.all(issued.map(({ certificatePem }) => certificatePem)).apply((pems) =>
      issued.map(({ leaf }, index) =>
        certificateRow(pems[index] ?? "", {
          node: NO_NODE,
          certificate: leaf.profile,
          nextRenewal: leaf.renewal.next,
          keyLocation: "state",
          proof: "none",
        }),
      ),
    );
    const { pairs, certificates } = this;
    this.registerOutputs({ pairs, certificates });
  }
}
