import { mapAuthorities, type AuthorityName } from "../core/model/authorities";
import type { NodePlan } from "../core/plan";
import type { AuthorityGenerations } from "./authority/generations";
import type { IssuedToNode } from "./nodePki";
import type { ServiceAccountKeys } from "./serviceAccountKeys";

/** What a node's set of files is made from. */
export interface MaterialArgs extends Pick<IssuedToNode, "leaves"> {
  readonly authorities: Readonly<Record<AuthorityName, AuthorityGenerations>>;
  readonly serviceAccount: ServiceAccountKeys | undefined;
}

/** While the key of an adopted cluster still signs there is only a public half to hand out: that of the next one. */
const tokenKeys = ({ serviceAccount }: MaterialArgs) => {
  const { signer, target } = serviceAccount ?? {};
  const verifying = signer ?? target;
  return verifying && { privatePem: signer?.privatePem, publicPem: verifying.publicPem };
};

/** What a rotation leads to where another one signs. */
const next = ({ authorities, serviceAccount }: MaterialArgs) => {
  const { signer, target } = serviceAccount ?? {};
  const cas = mapAuthorities((name) => {
    const { signer: signs, target: leads } = authorities[name];
    return signs === undefined || signs === leads ? undefined : leads.trustPem;
  });
  return { ...cas, serviceAccount: signer === undefined || signer === target ? undefined : target?.publicPem };
};

/** Everything a node's `apply` needs beyond the plan; only what this node gets, so that a payload without secrets stays readable. */
export const materialFor = (plan: NodePlan, args: MaterialArgs) => {
  const { leaves, authorities } = args;
  const { signer } = authorities.kubernetes;
  const secrets = plan.hasSecrets
    ? {
        caKeys: { kubernetes: signer?.keyPem },
        signers: { kubernetes: signer?.signerPem },
        serviceAccount: tokenKeys(args),
      }
    : { caKeys: {}, serviceAccount: undefined };
  return {
    leaves,
    nodeSigner: signer?.nodeSigners?.get(plan.node.name),
    trust: mapAuthorities((name) => (authorities[name].signer ?? authorities[name].target).trustPem),
    next: next(args),
    ...secrets,
  };
};
