import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { ClusterPlan } from "../../core/plan";
import type { Config } from "../../core/schema/config";
import { ACCESS, accessName, policyText, TOKEN_LIFE_SECONDS } from "../../core/vault/policies";

export interface VaultAccessArgs {
  readonly provider: vault.Provider;
  /** Path of an existing AppRole auth method. */
  readonly approle: string;
  /** Plain: it shapes the graph. */
  readonly config: Config;
  /** Plain: its leaves say what may be signed. */
  readonly plan: ClusterPlan;
}

/** Access for pipelines: for each kind of run a policy, and an AppRole role whose tokens have only that policy. */
export class VaultAccess extends pulumi.ComponentResource {
  public constructor(base: string, args: VaultAccessArgs, options?: pulumi.ComponentResourceOptions) {
    super("kube-pki:index:VaultAccess", base, {}, options);
    const { config, plan, provider, approle } = args;
    for (const access of ACCESS) {
      const own = { parent: this, provider };
      const policy = new vault.Policy(
        `${base}-${access}-policy`,
        { name: accessName(config, access), policy: policyText(access, config, plan) },
        own,
      );
      new vault.approle.AuthBackendRole(
        `${base}-${access}-role`,
        {
          backend: approle,
          roleName: accessName(config, access),
          tokenPolicies: [policy.name],
          tokenNoDefaultPolicy: true,
          tokenTtl: TOKEN_LIFE_SECONDS[access],
          tokenMaxTtl: TOKEN_LIFE_SECONDS[access],
        },
        own,
      );
    }
    this.registerOutputs();
  }
}
