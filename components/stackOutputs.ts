import * as pulumi from "@pulumi/pulumi";
import { summaryOf, type Summary } from "../core/report/summary";
import type { ClusterPki } from "./clusterPki";

/** What a stack exports of its cluster. */
export interface StackOutputs extends Pick<
  ClusterPki,
  "certificates" | "authorities" | "nodes" | "kubeconfigs" | "signingRequests"
> {
  /** What is held, and until when, in a line for the certificates and one for each authority. */
  readonly summary: pulumi.Output<Summary>;
  readonly trust: pulumi.Output<Readonly<Record<string, string>>>;
}

/**
 * To be exported. `pulumi up` prints every output at its end, each field of each row in a line of its own: thousands of lines for
 * a large cluster. It prints a secret in one line, so all that grows with the cluster is one here, though only `kubeconfigs`
 * holds any: `pulumi stack output NAME --show-secrets --json` shows it. `kube-pki` reads these rows in the state, where they are
 * in plain text, and needs no secret for it (cli/stackOutputs.ts).
 */
export const stackOutputs = (pki: ClusterPki): StackOutputs => {
  const { certificates, authorities, nodes, trust, kubeconfigs, signingRequests } = pki;
  return {
    summary: pulumi.all([certificates, authorities]).apply(([leaves, cas]) => summaryOf(leaves, cas)),
    certificates: pulumi.secret(certificates),
    authorities: pulumi.secret(authorities),
    nodes: pulumi.secret(nodes),
    trust: pulumi.secret(pulumi.all(trust)),
    kubeconfigs,
    signingRequests,
  };
};
