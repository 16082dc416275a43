import * as pulumi from "@pulumi/pulumi";
import { mapAuthorities, type AuthorityName } from "../core/model/authorities";
import type { NodePlan } from "../core/plan";
import type { Material } from "../core/protocol/apply";
import type { AuthorityGenerations } from "./authority/generations";
import type { IssuedToNode } from "./nodePki";
import type { ServiceAccountKeys } from "./serviceAccountKeys";

/** The authorities of a cluster, and its service account keys. */
export interface ClusterKeys {
  readonly authorities: Readonly<Record<AuthorityName, AuthorityGenerations>>;
  /** Undefined where the stack does not manage the key. */
  readonly serviceAccount: ServiceAccountKeys | undefined;
}

/** While the key of an adopted cluster still signs, the stack has only the public half of the next one to distribute. */
const tokenKeys = ({ serviceAccount }: ClusterKeys) => {
  const { current, target } = serviceAccount ?? {};
  const verifying = current ?? target;
  return verifying && { privatePem: current?.privatePem, publicPem: verifying.publicPem };
};

/** The target of a rotation while the old one signs. */
const nextOf = ({ authorities, serviceAccount }: ClusterKeys) => {
  const { current, target } = serviceAccount ?? {};
  const cas = mapAuthorities((name) => {
    const { issuer: signs, target: leads } = authorities[name];
    return signs === undefined || signs === leads ? undefined : leads.trustPem;
  });
  return { ...cas, serviceAccount: current === undefined || current === target ? undefined : target?.publicPem };
};

/** The inputs of one node's `apply`: its leaves, the CAs it trusts, and the keys that its roles need. */
export const applyMaterial = (
  plan: NodePlan,
  { leaves }: IssuedToNode,
  keys: ClusterKeys,
): pulumi.Output<pulumi.Unwrap<Material>> => {
  const { kubernetes } = keys.authorities;
  // only what this node gets is unwrapped: a payload without secrets stays readable in `pulumi preview --diff`
  const secrets = plan.hasSecrets
    ? {
        caKeys: { kubernetes: kubernetes.issuer?.keyPem },
        csrSigners: { kubernetes: kubernetes.issuer?.csrSignerPem },
        serviceAccount: tokenKeys(keys),
      }
    : { caKeys: {}, serviceAccount: undefined };
  return pulumi.output({
    leaves,
    nodeCsrSigner: kubernetes.issuer?.nodeCsrSigners?.get(plan.node.name),
    trust: mapAuthorities((name) => (keys.authorities[name].issuer ?? keys.authorities[name].target).trustPem),
    next: nextOf(keys),
    ...secrets,
  });
};
