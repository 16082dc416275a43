import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { retiresOld, stateOf } from "../core/authorities/rotation";
import { heldIn, kubeconfigsName } from "../core/certificates/resourceNames";
import { mapAuthorities, type AuthorityName } from "../core/model/authorities";
import { controlPlaneExecutor } from "../core/nodes/topology";
import { isServer } from "../core/nodeOrder";
import type { ClusterPlan, NodePlan } from "../core/plan";
import { applyPayload } from "../core/protocol/apply";
import { otherCas } from "../core/protocol/otherCas";
import { checkPayload, mountsPayload, type CheckedFacts } from "../core/protocol/check";
import type { NodeStep } from "../core/protocol/nodeSteps";
import { servingPayload } from "../core/protocol/serving";
import { runsPods, tokensPayload } from "../core/protocol/tokens";
import { trustPayload, type Generations, type TrustStep } from "../core/protocol/trust";
import type { CertificateRow } from "../core/report/report";
import { isPlayed, stagesOf, type StageName } from "../core/rollout";
import type { Config } from "../core/schema/config";
import { logTrustPreview } from "./logPreview";
import { applyMaterial } from "./applyMaterial";
import type { AuthorityGenerations } from "./authority/generations";
import type { Inputs } from "./inputs";
import { isDead } from "./isDead";
import { InCluster } from "./inCluster/inCluster";
import { trustFacts, type TrustFacts } from "./trustFacts";
import { HeldCertificates } from "./heldCertificates";
import { Kubeconfigs } from "./kubeconfigs";
import { issuedRows, nodeRows } from "./nodeRows";
import { NodeSteps, type Waits } from "./nodeSteps";
import type { PlannedNode, RolloutArgs } from "./rolloutArgs";
import { rotationAttempt, type RotationAttempt } from "./rotationAttempt";
import { serviceAccountKeys, type ServiceAccountKeys } from "./serviceAccountKeys";

/** Every step on every node and in the cluster, in order: from signing requests to the proof that the old CA is gone. */
export class Rollout {
  /** Every leaf certificate: subject, issuer, serial, notAfter, next renewal, key location, and how the node proved it. */
  public readonly certificates: pulumi.Output<CertificateRow[]>;
  /** Kubeconfigs of the administrator and of each user, by name, for the phase the cluster has reached. A secret. */
  public readonly kubeconfigs: pulumi.Output<Record<string, string>>;

  /** The last resources of a stage, or those it would have waited for. */
  public readonly done: (stage: StageName) => Waits;
  private readonly inputs: Inputs;
  private readonly config: Config;
  private readonly plan: ClusterPlan;
  public readonly authorities: Readonly<Record<AuthorityName, AuthorityGenerations>>;
  public readonly serviceAccount: ServiceAccountKeys | undefined;
  private readonly planned: readonly PlannedNode[];
  private readonly generations: pulumi.Output<Generations>;
  private readonly credentials: Kubeconfigs;
  /** Undefined where no Secret is to hold a certificate. */
  private readonly held: HeldCertificates | undefined;
  /** Undefined where nothing is rotated. */
  private readonly attempt: RotationAttempt | undefined;
  private readonly steps: NodeSteps;
  private knownOnce: TrustFacts | undefined;
  private work: InCluster | undefined;

  /** @param options with `parent`: what all of it belongs to */
  public constructor(
    private readonly base: string,
    args: RolloutArgs,
    private readonly options: pulumi.ComponentResourceOptions,
  ) {
    const { inputs, drift, nodes, clients, authorities, compared } = args;
    const { config, plan } = inputs;
    this.inputs = inputs;
    this.config = config;
    this.plan = plan;
    this.steps = new NodeSteps(base, inputs, drift);
    this.authorities = authorities;
    this.serviceAccount = plan.managesServiceAccount ? serviceAccountKeys(base, inputs, compared) : undefined;
    this.generations = pulumi.output({
      ...mapAuthorities((name) => authorities[name].all.map(({ trustPem }) => trustPem)),
      serviceAccount: this.serviceAccount?.all.map(({ publicPem }) => publicPem) ?? [],
    });
    this.attempt = plan.rotates ? rotationAttempt(base, config, options) : undefined;
    const issuers = mapAuthorities((name) => authorities[name].issuer);
    this.planned = nodes.map(({ plan: node, pki }) => ({ plan: node, pki, given: pki.issue(issuers) }));
    for (const node of this.planned) void drift.tell(node);
    this.credentials = new Kubeconfigs(kubeconfigsName(base), { config, clients, issuer: issuers.kubernetes }, options);
    this.held =
      plan.held.length > 0 ? new HeldCertificates(heldIn(base), { leaves: plan.held, issuers }, options) : undefined;
    // the gate: no node is touched before every node was reached, has its keys and its certificates are issued
    this.done = this.play(this.planned.flatMap(({ given }) => given.prepared));
    this.work?.end();
    for (const { pki } of nodes) pki.end();
    this.kubeconfigs = this.published(this.done("afterRetire"));
    this.certificates = pulumi
      .all([
        ...this.planned.map(({ plan: node, given }) => nodeRows(node, given, this.steps.of("apply", node.node.name))),
        this.held?.certificates ?? [],
        this.credentials.certificates,
      ])
      .apply((each) => each.flat());
  }

  /** Runs the stages of core/rollout.ts. Returns for each its last resources, or those it would have waited for. */
  private play(issued: Waits): (stage: StageName) => Waits {
    const done = new Map<string, Waits>([["issued", issued]]);
    for (const [name, stage] of stagesOf(this.config)) {
      const after = [...new Set(stage.after.flatMap((each) => done.get(each) ?? []))];
      const made = isPlayed(stage, this.config) ? this.resourcesOf(name, after) : [];
      done.set(name, made.length > 0 ? made : after);
    }
    return (stage) => done.get(stage) ?? [];
  }

  private resourcesOf(name: StageName, after: Waits): Waits {
    switch (name) {
      case "alive":
        return this.died(after);
      case "lay-trust":
        return this.steps.atOnce(name, this.planned, [...after, ...this.begun], (node) => this.trusted("trust", node));
      case "trust":
      case "retire":
        return this.trustStep(name, after);
      case "lay":
        return this.steps.atOnce(name, this.servers, after, (node) => this.applied(node));
      case "apply":
        return this.steps.inWaves(name, this.planned, after, (node) => this.applied(node));
      case "mounts":
        return this.ask(name, after, mountsPayload, runsPods);
      case "serving":
        return this.steps.onKubelets(name, this.planned, after, this.retired, servingPayload);
      case "tokens":
        return this.steps.onKubelets(name, this.planned, after, this.serviceAccount?.target?.publicPem, tokensPayload);
      case "check":
        return this.ask(name, after, checkPayload);
      default:
        return this.inCluster()?.at(name, after) ?? [];
    }
  }

  /** The facts about CAs after `trust` has run on every node. */
  private get known(): TrustFacts {
    // an etcd-only node or a new one does not know which kubernetes CAs were trusted
    const executor = controlPlaneExecutor(this.config);
    const tells = executor && this.steps.of("trust", executor.name);
    return (this.knownOnce ??= trustFacts(this.config, this.generations, this.serviceAccount, tells));
  }

  /** What kubelets must not be served with any more, and what they are. */
  private get retired() {
    const { final, old } = this.known;
    return pulumi.output({ final, old });
  }

  private inCluster(): InCluster | undefined {
    const { inputs, config, base, authorities, credentials, generations, attempt } = this;
    const runOn = controlPlaneExecutor(config);
    if (runOn === undefined) return undefined;
    const { tokenKid, ...trust } = this.known;
    const kubeconfig = credentials.inCluster(trust.rotating);
    return (this.work ??= new InCluster(
      `${base}-in-cluster`,
      {
        inputs,
        kubeconfig,
        trust,
        frontProxy: authorities.frontProxy.target.trustPem,
        generations,
        attempt: attempt?.name,
        tokenKid,
        runOn,
        held: this.held?.pairs ?? {},
        certificates: issuedRows(this.planned),
      },
      this.options,
    ));
  }

  /** Only when the cluster has reached this phase: until then the kubeconfigs of the phase before are the ones that work. */
  private published(ends: Waits): pulumi.Output<Record<string, string>> {
    const isRetired = retiresOld(stateOf(this.config, "kubernetes"));
    const texts = this.credentials.all(isRetired ? this.known.final : this.known.rotating);
    return pulumi
      .all([
        texts,
        pulumi.all(ends.map((end): pulumi.Input<unknown> => (pulumi.Resource.isInstance(end) ? end.urn : end))),
      ])
      .apply(([all]) => all);
  }

  private died(after: Waits): Waits {
    const asked = { inputs: this.inputs, nodes: this.servers };
    return isDead(this.base, { ...asked, laid: (node) => this.applied(node) }, after, this.options);
  }

  /** What the cluster itself depends on. */
  private get servers(): readonly PlannedNode[] {
    return this.planned.filter(({ plan }) => isServer(plan.node));
  }

  /** The payload of a node's `apply`. */
  private applied({ plan, given }: PlannedNode): pulumi.Output<string> {
    return applyMaterial(plan, given, this).apply((material) =>
      this.inputs.payload(plan.node, ({ config, plan: cluster, node }) =>
        applyPayload(cluster, node, config, material),
      ),
    );
  }

  /** The payload of a step that changes what a node trusts. */
  private trusted(step: TrustStep, { plan }: PlannedNode): pulumi.Output<string> {
    // only `retire` names the attempt: unwrapped for `trust` it would make its payload unknown to a preview
    const name = step === "retire" ? this.attempt?.name : undefined;
    return pulumi
      .all([this.generations, name])
      .apply(([known, text]) =>
        this.inputs.payload(plan.node, ({ config, plan: cluster, node }) =>
          trustPayload(step, cluster, node, config, known, text),
        ),
      );
  }

  /** The state must record that a rotation has begun before any node knows of it. */
  private get begun(): Waits {
    return this.attempt === undefined ? [] : [this.attempt.started];
  }

  private trustStep(step: TrustStep, after: Waits): command.remote.Command[] {
    const last = this.steps.inWaves(step, this.planned, [...after, ...this.begun], (node) => this.trusted(step, node));
    const rows = this.planned.flatMap(({ plan }) => {
      const made = this.steps.of(step, plan.node.name);
      return made === undefined ? [] : [[plan, made] as const];
    });
    void logTrustPreview(step, this.plan, rows, this.config);
    return last;
  }

  /** On all nodes at once, because nothing is changed: what it looks for appears only after the last API server was updated. */
  private ask(
    step: NodeStep,
    after: Waits,
    payload: (plan: NodePlan, config: Config, facts: CheckedFacts) => string,
    isAsked: (plan: NodePlan) => boolean = () => true,
  ): command.remote.Command[] {
    const { ca, final, old, tokenKid } = this.known;
    const others = this.generations.apply((all) => otherCas(this.config, all));
    const known = pulumi.output({ ca, final, old, tokenKid, others });
    const asked = this.planned.filter(({ plan }) => isAsked(plan));
    return this.steps.atOnce(step, asked, after, ({ plan }) =>
      known.apply((facts) => this.inputs.payload(plan.node, ({ node, config }) => payload(node, config, facts))),
    );
  }
}
