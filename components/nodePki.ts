import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { AuthorityName } from "../core/authorities";
import type { Config } from "../core/config";
import { requestPayload } from "../core/payload";
import type { LeafGroup, LeafPlan, NodePlan } from "../core/plan";
import type { ProfileName } from "../core/profileNames";
import { requestFor } from "../core/signingRequests";
import type { Authority, Issued } from "./authority/authority";
import { announce } from "./announce";
import { installStep, verbStep } from "./nodeCommand";
import { stateKey } from "./stateKey";

/** A certificate of a node, with its key where that is in the state. */
export interface NodeLeaf extends Issued {
  readonly keyPem: pulumi.Output<string> | undefined;
}

export interface NodePkiArgs {
  /** Plain: it shapes the graph. */
  readonly config: Config;
  /** Plain: it shapes the graph. */
  readonly plan: NodePlan;
  /** Those that sign; one that is missing is asked for nothing (core/plan.ts). */
  readonly signers: Readonly<Record<AuthorityName, Authority | undefined>>;
}

/**
 * The keys and certificates of one node. With keys made on the node (the default) one visit makes them all and brings
 * back the signing requests; no file that a service reads is touched.
 */
export class NodePki extends pulumi.ComponentResource {
  /** When all of it succeeded, the node is reachable, has its keys, and its certificates are issued and checked. */
  public readonly prepared: readonly pulumi.Input<pulumi.Resource>[];
  public readonly leaves: Readonly<Partial<Record<ProfileName, NodeLeaf>>>;

  public constructor(
    private readonly base: string,
    private readonly args: NodePkiArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:NodePki", base, {}, options);
    const { plan, config } = args;
    const install = installStep(`${base}-install`, { config, node: plan.node }, { parent: this });
    const requests =
      plan.custody === "node" ? plan.groups.map((group) => ({ group, step: this.request(group, install) })) : [];
    this.leaves = Object.fromEntries(
      plan.custody === "node"
        ? requests.flatMap(({ group, step }) => group.leaves.map((leaf) => [leaf.profile, this.fromNode(leaf, step)]))
        : plan.leaves.map((leaf) => [leaf.profile, this.fromState(leaf)]),
    );
    const issued = Object.values(this.leaves).map(({ certificatePem }) => certificatePem);
    this.prepared = [install, ...requests.map(({ step }) => step), pulumi.all(issued).apply(() => install)];
    void announce(this, plan, this.leaves, config);
    this.registerOutputs();
  }

  private request(group: LeafGroup, install: pulumi.Resource): command.remote.Command {
    const { plan, config } = this.args;
    return verbStep(
      group.name === undefined ? `${this.base}-request` : `${this.base}-request-${group.name}`,
      { config, node: plan.node },
      "request",
      requestPayload(plan.node.name, group.leaves),
      { parent: this, dependsOn: install }, // the script must be there
    );
  }

  /** Key on the node: what comes back is checked before it is signed. */
  private fromNode(leaf: LeafPlan, request: command.remote.Command): NodeLeaf {
    const requestPem = request.stdout.apply((stdout) => requestFor(stdout, this.args.plan.node.name, leaf));
    return { ...this.issue(leaf, requestPem), keyPem: undefined };
  }

  /** Key in the state, for nodes that cannot make one. */
  private fromState(leaf: LeafPlan): NodeLeaf {
    const { keyPem, requestPem } = stateKey(`${this.base}-${leaf.profile}`, leaf, this);
    return { ...this.issue(leaf, requestPem), keyPem };
  }

  private issue(leaf: LeafPlan, requestPem: pulumi.Input<string>): Issued {
    const { profile, commonName, usages, validitySeconds, id } = leaf;
    const signer = this.args.signers[leaf.authority];
    if (signer === undefined) throw new Error(`${leaf.profile}: nobody signs for the ${leaf.authority} authority now`);
    const request = { role: profile, commonName, requestPem, usages, validitySeconds, id };
    return signer.issue(`${this.base}-${profile}`, request, { parent: this });
  }
}
