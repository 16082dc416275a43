import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { LeafGroup, LeafPlan } from "../core/certificates/leaves";
import { leafName } from "../core/certificates/resourceNames";
import { requestFor } from "../core/certificates/signingRequests";
import type { AuthorityName } from "../core/model/authorities";
import type { LeafName } from "../core/model/profiles";
import type { NodePlan } from "../core/plan";
import { requestPayload } from "../core/protocol/request";
import { logPreview } from "./logPreview";
import type { Authority, Issued } from "./authority/authority";
import type { Inputs } from "./inputs";
import { installStep, verbStep } from "./nodeCommand";
import { stateKey } from "./stateKey";

/** A certificate of a node, with its key where that is in the state. */
export interface NodeLeaf extends Issued {
  readonly keyPem: pulumi.Output<string> | undefined;
}

export interface NodePkiArgs {
  readonly inputs: Inputs;
  /** Plain: it shapes the graph. */
  readonly plan: NodePlan;
  /** Nothing is done on the node before it. */
  readonly preflight: pulumi.Resource;
}

/** The certificates of a node, issued and checked. */
export interface IssuedToNode {
  readonly leaves: Readonly<Partial<Record<LeafName, NodeLeaf>>>;
  /** When all of them have succeeded, the node is reachable and has its keys, and its certificates are issued. */
  readonly prepared: readonly pulumi.Input<pulumi.Resource>[];
}

/**
 * The keys and certificates of one node. With keys made on the node (the default) one step makes them all and returns the
 * signing requests; no file that a service reads is touched.
 */
export class NodePki extends pulumi.ComponentResource {
  /** Of the controller manager's CSR signers, PEM by generation. */
  public readonly csrSignerRequests: ReadonlyMap<number, pulumi.Output<string>>;

  private readonly install: command.local.Command;
  private readonly requests: readonly { readonly group: LeafGroup; readonly step: command.remote.Command }[];

  public constructor(
    private readonly base: string,
    private readonly args: NodePkiArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:NodePki", base, {}, options);
    const { plan, inputs, preflight } = args;
    this.install = installStep(
      `${base}-install`,
      { inputs, node: plan.node },
      { parent: this, dependsOn: preflight }, // every other step comes after it
    );
    this.requests =
      plan.keyLocation === "node"
        ? plan.groups.map((group) => ({ group, step: this.request(group.name, (node) => leavesOf(node, group)) }))
        : [];
    this.csrSignerRequests = new Map(
      plan.csrSigners.map((csrSigner) => {
        const { stdout } = this.request(csrSigner.profile, () => [csrSigner]);
        return [csrSigner.generation, stdout.apply((text) => requestFor(text, plan.node.name, csrSigner))];
      }),
    );
  }

  /** When every step of the node is made. */
  public end(): void {
    this.registerOutputs({ csrSignerRequests: Object.fromEntries(this.csrSignerRequests) });
  }

  /** @param issuers the issuing authorities; nothing is requested from one that is missing (core/plan.ts) */
  public issue(issuers: Issuers): IssuedToNode {
    const { plan, inputs } = this.args;
    const { install, requests } = this;
    const sign = (leaf: LeafPlan, requestPem: pulumi.Input<string>): Issued => this.sign(issuers, leaf, requestPem);
    const leaves = Object.fromEntries(
      plan.keyLocation === "node"
        ? requests.flatMap(({ group, step }) =>
            group.leaves.map((leaf) => [leaf.profile, this.fromNode(leaf, step, sign)]),
          )
        : plan.leaves.map((leaf) => [leaf.profile, this.fromState(leaf, sign)]),
    );
    const issued = Object.values(leaves).map(({ certificatePem }) => certificatePem);
    const prepared = [install, ...requests.map(({ step }) => step), sourcesOf(issued)];
    void logPreview(this, plan, leaves, inputs.config);
    return { leaves, prepared };
  }

  private request(name: string | undefined, asked: (plan: NodePlan) => Asked): command.remote.Command {
    const { plan, inputs } = this.args;
    return verbStep(
      name === undefined ? `${this.base}-request` : `${this.base}-request-${name}`,
      { inputs, node: plan.node },
      "request",
      inputs.ofNode(plan.node, ({ node }) => requestPayload(plan.node.name, asked(node))),
      { parent: this, dependsOn: this.install }, // the script must be there
    );
  }

  /** Key on the node: what comes back is checked before it is signed. */
  private fromNode(leaf: LeafPlan, request: command.remote.Command, sign: Sign): NodeLeaf {
    const requestPem = request.stdout.apply((stdout) =>
      pulumi.output(this.known(leaf, (known) => requestFor(stdout, this.args.plan.node.name, known))),
    );
    return { ...sign(leaf, requestPem), keyPem: undefined };
  }

  /** Key in the state, for nodes that cannot make one. */
  private fromState(leaf: LeafPlan, sign: Sign): NodeLeaf {
    const { algorithm, commonName, organizations } = leaf;
    const { keyPem, requestPem } = stateKey(
      leafName(this.base, leaf.profile),
      { algorithm, commonName, organizations, id: this.idOf(leaf), sans: this.known(leaf, ({ sans }) => sans) },
      this,
    );
    return { ...sign(leaf, requestPem), keyPem };
  }

  private sign(issuers: Issuers, leaf: LeafPlan, requestPem: pulumi.Input<string>): Issued {
    const { profile, commonName, usages, validitySeconds } = leaf;
    const issuer = issuers[leaf.authority];
    if (issuer === undefined)
      throw new Error(`${leaf.profile}: the ${leaf.authority} authority has no key to sign with in this phase`);
    const request = { role: profile, commonName, requestPem, usages, validitySeconds, id: this.idOf(leaf) };
    return issuer.issue(leafName(this.base, profile), request, { parent: this });
  }

  private idOf(leaf: LeafPlan): pulumi.Input<string> {
    return this.known(leaf, ({ id }) => id);
  }

  /** The leaf with the names that follow from the node's address. */
  private known<T>({ profile }: LeafPlan, pick: (leaf: LeafPlan) => T | Promise<T>): pulumi.Input<T> {
    return this.args.inputs.ofNode(this.args.plan.node, ({ node }) => {
      const leaf = node.leaves.find((each) => each.profile === profile);
      if (leaf === undefined) throw new Error(`${profile}: not in the plan of ${node.node.name}`);
      return pick(leaf);
    });
  }
}

/**
 * To depend on whatever the outputs come from. Its value is nothing and not a resource: the SDK walks through each output's
 * value, and from a resource by way of its parents to all others there are.
 */
const sourcesOf = (outputs: pulumi.Output<unknown>[]): pulumi.Output<pulumi.Resource> =>
  pulumi.all(outputs).apply(() => [] as unknown as pulumi.Resource);

type Asked = Parameters<typeof requestPayload>[1];

const leavesOf = ({ groups }: NodePlan, { name }: LeafGroup): Asked =>
  groups.find((group) => group.name === name)?.leaves ?? [];

type Issuers = Readonly<Record<AuthorityName, Authority | undefined>>;
type Sign = (leaf: LeafPlan, requestPem: pulumi.Input<string>) => Issued;
