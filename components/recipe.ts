import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { hasWay, retires, retiresOld, stateOf } from "../core/authorities/rotation";
import type { ClientPlan } from "../core/certificates/clients";
import { mapAuthorities, type AuthorityName } from "../core/model/authorities";
import { speakerOf } from "../core/nodes/topology";
import type { ClusterPlan, NodePlan } from "../core/plan";
import { applyPayload } from "../core/protocol/apply";
import { checkPayload, mountsPayload, type CheckedFacts } from "../core/protocol/check";
import { renewsTokens, runsPods, tokensPayload } from "../core/protocol/tokens";
import { trustPayload, type Generations, type TrustStep } from "../core/protocol/trust";
import { certificateRows } from "../core/report/certificateRows";
import type { CertificateRow } from "../core/report/report";
import type { Config, NodeConfig } from "../core/schema/config";
import { announceTrust } from "./announce";
import type { AuthorityGenerations } from "./authority/generations";
import type { Inputs } from "./inputs";
import { InCluster } from "./inCluster/inCluster";
import { knownTrust, type KnownTrust } from "./knownTrust";
import { Kubeconfigs } from "./kubeconfigs";
import { materialFor } from "./material";
import { verbStep, type Verb } from "./nodeCommand";
import type { IssuedToNode, NodePki } from "./nodePki";
import { roundFor, type Round } from "./round";
import { serviceAccountKeys, type ServiceAccountKeys } from "./serviceAccountKeys";

interface PlannedNode {
  readonly plan: NodePlan;
  readonly pki: NodePki;
  readonly given: IssuedToNode;
}

/** What a cluster's PKI is made from. */
export interface RecipeArgs {
  readonly inputs: Inputs;
  /** In the plan's order. */
  readonly nodes: readonly Omit<PlannedNode, "given">[];
  /** Plain: it shapes the graph. */
  readonly clients: readonly ClientPlan[];
  readonly authorities: Readonly<Record<AuthorityName, AuthorityGenerations>>;
}

/** Every step on every node and in the cluster, in order: from signing requests to the proof that the old CA is gone. */
export class Recipe {
  /** Every certificate: subject, issuer, serial, end, next renewal, and how it was proven. */
  public readonly certificates: pulumi.Output<CertificateRow[]>;
  /** The administrator's and each user's, by name, for the phase the cluster has come to. A secret. */
  public readonly kubeconfigs: pulumi.Output<Record<string, string>>;

  private readonly inputs: Inputs;
  private readonly config: Config;
  private readonly plan: ClusterPlan;
  private readonly authorities: Readonly<Record<AuthorityName, AuthorityGenerations>>;
  private readonly serviceAccount: ServiceAccountKeys | undefined;
  private readonly planned: readonly PlannedNode[];
  private readonly generations: pulumi.Output<Generations>;
  private readonly credentials: Kubeconfigs;
  /** Undefined where nothing is rotated. */
  private readonly round: Round | undefined;

  /** @param options with `parent`: what all of it belongs to */
  public constructor(
    private readonly base: string,
    args: RecipeArgs,
    private readonly options: pulumi.ComponentResourceOptions,
  ) {
    const { inputs, nodes, clients, authorities } = args;
    const { config, plan } = inputs;
    this.inputs = inputs;
    this.config = config;
    this.plan = plan;
    this.authorities = authorities;
    this.serviceAccount = plan.managesServiceAccount ? serviceAccountKeys(base, inputs, options) : undefined;
    this.generations = pulumi.output({
      ...mapAuthorities((name) => authorities[name].all.map(({ trustPem }) => trustPem)),
      serviceAccount: this.serviceAccount?.all.map(({ publicPem }) => publicPem) ?? [],
    });
    this.round = plan.rotates ? roundFor(base, config, options) : undefined;
    const signers = mapAuthorities((name) => authorities[name].signer);
    this.planned = nodes.map(({ plan: node, pki }) => ({ plan: node, pki, given: pki.issue(signers) }));
    this.credentials = new Kubeconfigs(`${base}-kubeconfigs`, { config, clients, signer: signers.kubernetes }, options);
    // The gate: no node is touched before every node was reached, has its keys and its certificates are issued.
    const prepared = this.planned.flatMap(({ given }) => given.prepared);
    // A rotation: nobody presents what is new before everybody trusts it, nobody distrusts what is old while it is in use.
    const trusted = plan.rotates ? this.trustStep("trust", prepared) : [];
    // a node with etcd alone, or a new one, cannot tell what CAs of kubernetes there were
    const speaker = speakerOf(config);
    const tells = this.planned.findIndex(({ plan: { node } }) => node === speaker);
    const known = knownTrust(config, this.generations, this.serviceAccount, trusted[tells]);
    const work = this.inCluster(known, speaker);
    const ready = this.published(work, known, trusted);
    const applied = this.inOrder("apply", "apply", [...prepared, ...ready], (node, given) => this.leaves(node, given));
    const issued = work?.at("afterApply", applied) ?? applied;
    const retired = this.retired(work, known, issued);
    work?.end();
    for (const { pki } of nodes) pki.end();
    this.kubeconfigs = this.handedOut(known, retired);
    this.certificates = pulumi
      .all([
        ...this.planned.map(({ plan: node, given }, index) => rows(node, given, applied[index])),
        this.credentials.certificates,
      ])
      .apply((each) => each.flat());
  }

  /** Between `trust` and `issue`: what is in the cluster trusts both as well. Gives what `apply` waits for. */
  private published(
    work: InCluster | undefined,
    known: KnownTrust,
    trusted: pulumi.Resource[],
  ): readonly pulumi.Resource[] {
    if (work === undefined) return trusted;
    const published = work.at("afterTrust", trusted);
    const mounted = hasWay(this.config, "kubernetes")
      ? this.ask("mounts", published, mountsPayload, known, hasPods)
      : [];
    return work.at("beforeIssue", [...mounted, ...work.at("afterPublished", published)]);
  }

  /** From `issue` to `done`, where anything has come that far. Gives the last steps. */
  private retired(
    work: InCluster | undefined,
    known: KnownTrust,
    issued: pulumi.Resource[],
  ): readonly pulumi.Resource[] {
    if (!this.plan.rotates || !retires(this.config)) return issued;
    const renewed = this.renewTokens(issued);
    const checked = this.ask("check", renewed, checkPayload, known);
    const looked = [...checked, ...(work?.at("afterIssue", issued) ?? [])];
    const retired = this.trustStep("retire", work?.at("beforeRetire", looked) ?? looked);
    return work?.at("afterRetire", retired) ?? retired;
  }

  private inCluster({ tokenKid, ...trust }: KnownTrust, workOn: NodeConfig | undefined): InCluster | undefined {
    const { inputs, config, plan, base, authorities, credentials, generations, round } = this;
    if (!plan.rotates || !config.inCluster.enabled || workOn === undefined) return undefined;
    const kubeconfig = credentials.inCluster(trust.rotating);
    const frontProxy = authorities.frontProxy.target.trustPem;
    return new InCluster(
      `${base}-in-cluster`,
      { inputs, kubeconfig, trust, frontProxy, generations, round: round?.name, tokenKid, workOn },
      this.options,
    );
  }

  /** Not before the cluster has come to this phase: until then those of the phase before are the ones that work. */
  private handedOut(known: KnownTrust, ends: readonly pulumi.Resource[]): pulumi.Output<Record<string, string>> {
    const isRetired = retiresOld(stateOf(this.config, "kubernetes"));
    const texts = this.credentials.all(isRetired ? known.final : known.rotating);
    return pulumi.all([texts, pulumi.all(ends.map(({ urn }) => urn))]).apply(([all]) => all);
  }

  /** One step on every node, in the plan's order: a node begins when those it comes after have succeeded. */
  private inOrder(
    noun: string,
    verb: Verb,
    after: readonly pulumi.Input<pulumi.Resource>[],
    payload: (plan: NodePlan, given: IssuedToNode) => pulumi.Input<string>,
    nodes: readonly PlannedNode[] = this.planned,
  ): command.remote.Command[] {
    const done = new Map<string, command.remote.Command>();
    for (const { plan, pki, given } of nodes) {
      const before = plan.after.flatMap((name) => done.get(name) ?? []);
      const step = verbStep(
        `${this.base}-${plan.node.name}-${noun}`,
        { inputs: this.inputs, node: plan.node },
        verb,
        payload(plan, given),
        { parent: pki, dependsOn: before.length > 0 ? before : [...after] }, // one after another; plan.after says why
      );
      done.set(plan.node.name, step);
    }
    return [...done.values()];
  }

  private trustStep(step: TrustStep, after: readonly pulumi.Input<pulumi.Resource>[]): command.remote.Command[] {
    const { round } = this;
    // no node may hear of a rotation before the state holds that it has begun
    const began = round === undefined ? [] : [round.began];
    // only `retire` names the round: unwrapped for `trust` it would make its payload unknown to a preview
    const name = step === "retire" ? round?.name : undefined;
    const steps = this.inOrder(step, "trust", [...after, ...began], (plan) =>
      pulumi
        .all([this.generations, name])
        .apply(([known, text]) =>
          this.inputs.payload(plan.node, ({ config, plan: cluster, node }) =>
            trustPayload(step, cluster, node, config, known, text),
          ),
        ),
    );
    const rows = this.planned.flatMap(({ plan }, index) =>
      steps.slice(index, index + 1).map((each) => [plan, each] as const),
    );
    void announceTrust(step, this.plan, rows, this.config);
    return steps;
  }

  /** Where the token key goes: one node after another, since a kubelet whose pods hold old tokens is restarted. */
  private renewTokens(applied: readonly pulumi.Resource[]): readonly pulumi.Resource[] {
    const { config, serviceAccount } = this;
    const target = serviceAccount?.target;
    if (target === undefined || !renewsTokens(config)) return applied;
    const nodes = this.planned.filter(({ plan: node }) => runsPods(node));
    const payload = (plan: NodePlan) =>
      target.publicPem.apply((pem) =>
        this.inputs.payload(plan.node, (known) => tokensPayload(known.node, known.config, pem)),
      );
    return [...applied, ...this.inOrder("tokens", "check", applied, payload, nodes)];
  }

  /** All of them at once: nothing is changed. */
  private ask(
    noun: string,
    dependsOn: readonly pulumi.Resource[],
    payload: (plan: NodePlan, config: Config, facts: CheckedFacts) => string,
    { ca, final, old, tokenKid }: KnownTrust,
    of: (plan: NodePlan) => boolean = () => true,
  ): command.remote.Command[] {
    return this.planned
      .filter(({ plan }) => of(plan))
      .map(({ plan, pki }) =>
        verbStep(
          `${this.base}-${plan.node.name}-${noun}`,
          { inputs: this.inputs, node: plan.node },
          "check",
          pulumi
            .output({ ca, final, old, tokenKid })
            .apply((facts) => this.inputs.payload(plan.node, ({ node, config }) => payload(node, config, facts))),
          { parent: pki, dependsOn: [...dependsOn] }, // what is looked for comes once the last API server is that far
        ),
      );
  }

  private leaves(plan: NodePlan, { leaves }: IssuedToNode): pulumi.Output<string> {
    const { authorities, serviceAccount } = this;
    return pulumi
      .output(materialFor(plan, { leaves, authorities, serviceAccount }))
      .apply((material) =>
        this.inputs.payload(plan.node, ({ config, plan: cluster, node }) =>
          applyPayload(cluster, node, config, material),
        ),
      );
  }
}

const hasPods = ({ consumers }: NodePlan): boolean => consumers.some(({ name }) => name === "kubelet");

const rows = (plan: NodePlan, { leaves }: IssuedToNode, applied: command.remote.Command | undefined) => {
  const certificates = Object.fromEntries(
    Object.entries(leaves).map(([profile, leaf]) => [profile, leaf.certificatePem]),
  );
  return pulumi
    .all([pulumi.output(certificates), applied?.stdout ?? ""])
    .apply(([issued, stdout]) => certificateRows(plan, issued, stdout));
};
