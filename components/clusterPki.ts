import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { AUTHORITIES, type AuthorityName } from "../core/authorities";
import { certificateRows } from "../core/certificateRows";
import { checkPayload, clusterPayload, hasClusterStep, type ClusterStep } from "../core/clusterPayload";
import { nodeConnection, type Config } from "../core/config";
import { applyPayload } from "../core/payload";
import { planCluster, type ClusterPlan, type NodePlan } from "../core/plan";
import type { CertificateRow } from "../core/report";
import { retires, ROTATED, stateOf } from "../core/rotation";
import { trustPayload, type Generations as KnownGenerations, type TrustStep } from "../core/trustPayload";
import { generationsOf, type Generations } from "./authority/generations";
import { verbStep, type Verb } from "./nodeCommand";
import { NodePki } from "./nodePki";
import { serviceAccountKeys, type ServiceAccountKeys } from "./serviceAccountKeys";

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

interface PlannedNode {
  readonly plan: NodePlan;
  readonly pki: NodePki;
}

/** The whole PKI of one cluster: authorities, every leaf certificate and kubeconfig, the files on every node. */
export class ClusterPki extends pulumi.ComponentResource {
  /** Every certificate: subject, issuer, serial, end, next renewal, and how it was proven. */
  public readonly certificates: pulumi.Output<CertificateRow[]>;
  public readonly nodes: readonly NodeAddress[];
  /** The certificates to trust, PEM, for each authority: where a rotation leads to. */
  public readonly trust: Readonly<Record<AuthorityName, pulumi.Output<string>>>;

  private readonly config: Config;
  private readonly plan: ClusterPlan;
  private readonly authorities: Readonly<Record<AuthorityName, Generations>>;
  private readonly serviceAccount: ServiceAccountKeys | undefined;
  private readonly planned: readonly PlannedNode[];
  private readonly generations: pulumi.Output<KnownGenerations>;
  /** The step that made the cluster hand out the new CA; it says when that was. */
  private published: command.remote.Command | undefined;

  public constructor(
    private readonly base: string,
    args: ClusterPkiArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:ClusterPki", base, {}, options);
    const { config } = args;
    this.config = config;
    this.plan = planCluster(config, args.now);
    this.authorities = mapAuthorities((name) => generationsOf(base, name, config, { parent: this }));
    this.serviceAccount = this.plan.managesServiceAccount
      ? serviceAccountKeys(base, config, { parent: this })
      : undefined;
    this.generations = pulumi.output({
      ...mapAuthorities((name) => this.authorities[name].all.map(({ trustPem }) => trustPem)),
      serviceAccount: this.serviceAccount?.all.map(({ publicPem }) => publicPem) ?? [],
    });
    const signers = mapAuthorities((name) => this.authorities[name].signer);
    this.planned = this.plan.nodes.map((plan) => ({
      plan,
      pki: new NodePki(`${base}-${plan.node.name}`, { config, plan, signers }, { parent: this }),
    }));
    // The gate: no node is touched before every node was reached, has its keys and its certificates are issued.
    const prepared = this.planned.flatMap(({ pki }) => pki.prepared);
    // A rotation: nobody presents what is new before everybody trusts it, nobody distrusts what is old while it is in use.
    const trusted = this.plan.rotates ? this.inCluster("trusted", this.trustStep("trust", prepared)) : [];
    const applied = this.inOrder("apply", "apply", [...prepared, ...trusted], (plan, pki) => this.leaves(plan, pki));
    if (this.plan.rotates && retires(config)) {
      const checked = this.inCluster("issued", [...applied, ...this.check(applied)]);
      this.inCluster("retired", this.trustStep("retire", checked));
    }
    this.trust = mapAuthorities((name) => this.authorities[name].target.trustPem);
    this.nodes = config.nodes.map((node) => ({ name: node.name, ...nodeConnection(config, node) }));
    this.certificates = pulumi
      .all(this.planned.map(({ plan, pki }, index) => rows(plan, pki, applied[index])))
      .apply((each) => each.flat());
    this.registerOutputs({ certificates: this.certificates });
  }

  /** One step on every node, in the plan's order: a node begins when those it comes after have succeeded. */
  private inOrder(
    noun: string,
    verb: Verb,
    after: readonly pulumi.Resource[],
    payload: (plan: NodePlan, pki: NodePki) => pulumi.Input<string>,
  ): command.remote.Command[] {
    const done = new Map<string, command.remote.Command>();
    for (const { plan, pki } of this.planned) {
      const before = plan.after.flatMap((name) => done.get(name) ?? []);
      const step = verbStep(
        `${this.base}-${plan.node.name}-${noun}`,
        { config: this.config, node: plan.node },
        verb,
        payload(plan, pki),
        { parent: pki, dependsOn: before.length > 0 ? before : [...after] }, // one after another; plan.after says why
      );
      done.set(plan.node.name, step);
    }
    return [...done.values()];
  }

  private trustStep(step: TrustStep, after: readonly pulumi.Resource[]): command.remote.Command[] {
    return this.inOrder(step, "trust", after, (plan) =>
      this.generations.apply((known) => trustPayload(step, this.plan, plan, this.config, known)),
    );
  }

  /** Every node at once: nothing is changed. */
  private check(after: readonly pulumi.Resource[]): command.remote.Command[] {
    const { config } = this;
    return this.planned.map(({ plan, pki }) =>
      verbStep(
        `${this.base}-${plan.node.name}-check`,
        { config, node: plan.node },
        "check",
        this.generations.apply((known) => checkPayload(plan, config, known)),
        { parent: pki, dependsOn: [...after] }, // a token is renewed only after the last API server signs with the new key
      ),
    );
  }

  /** What is done in the cluster between two phases, on the first control plane; what comes next waits for it. */
  private inCluster(step: ClusterStep, after: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
    const { config } = this;
    const at = this.planned.find(({ plan }) => plan.node.roles.includes("control-plane"));
    if (at === undefined || !hasClusterStep(step, config) || !this.clusterRuns()) return after;
    const work = verbStep(
      `${this.base}-in-cluster-${step}`,
      { config, node: at.plan.node },
      "cluster",
      pulumi
        .all([this.generations, this.published?.stdout])
        .apply(([known, stdout]) => clusterPayload(step, at.plan, config, known, stdout)),
      { parent: this, dependsOn: [...after] }, // the nodes first: what the cluster hands out must be what they trust
    );
    if (step === "trusted") this.published = work;
    return [...after, work];
  }

  /** A cluster that starts from the first `up` has no API yet; one that has come to a second generation has. */
  private clusterRuns(): boolean {
    return this.plan.start === "existing" || ROTATED.some((what) => stateOf(this.config, what).generation > 1);
  }

  /** While the key of an adopted cluster still signs there is only a public half to hand out: that of the next one. */
  private tokenKeys() {
    const { signer, target } = this.serviceAccount ?? {};
    const verifying = signer ?? target;
    return verifying && { privatePem: signer?.privatePem, publicPem: verifying.publicPem };
  }

  private leaves(plan: NodePlan, pki: NodePki): pulumi.Output<string> {
    // Only what this node gets is unwrapped: a payload without secrets stays readable in `pulumi preview --diff`.
    const secrets = plan.hasSecrets
      ? { caKeys: { kubernetes: this.authorities.kubernetes.signer?.keyPem }, serviceAccount: this.tokenKeys() }
      : { caKeys: {}, serviceAccount: undefined };
    return pulumi
      .output({
        leaves: pki.leaves,
        trust: mapAuthorities((name) => (this.authorities[name].signer ?? this.authorities[name].target).trustPem),
        next: mapAuthorities((name) => {
          const { signer, target } = this.authorities[name];
          return signer === undefined || signer === target ? undefined : target.trustPem;
        }),
        ...secrets,
      })
      .apply((material) => applyPayload(this.plan, plan, this.config, material));
  }
}

const rows = (plan: NodePlan, pki: NodePki, applied: command.remote.Command | undefined) => {
  const certificates = Object.fromEntries(
    Object.entries(pki.leaves).map(([profile, leaf]) => [profile, leaf.certificatePem]),
  );
  return pulumi
    .all([pulumi.output(certificates), applied?.stdout ?? ""])
    .apply(([issued, stdout]) => certificateRows(plan, issued, stdout));
};

const mapAuthorities = <T>(make: (name: AuthorityName) => T): Record<AuthorityName, T> =>
  Object.fromEntries(AUTHORITIES.map((name) => [name, make(name)])) as Record<AuthorityName, T>;
