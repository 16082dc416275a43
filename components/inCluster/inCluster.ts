import type * as command from "@pulumi/command";
import { ConfigMapPatch } from "@pulumi/kubernetes/core/v1";
import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { CLUSTER_INFO, clusterInfoText, isClusterInfoExact } from "../../core/cluster/clusterInfo";
import type { Fact, Facts } from "../../core/cluster/facts";
import type { WorkersJob } from "../../core/cluster/job";
import { clusterPayload, sinceOf } from "../../core/cluster/payload";
import { heldJobs, OWN_STEPS, type HeldJob, type HeldPair, type OwnStep } from "../../core/cluster/own";
import { publishedStatus } from "../../core/cluster/published";
import { restarted, restartNameSuffix, trustedAnnotation } from "../../core/cluster/restarts";
import { CLUSTER_INFO_SUFFIX, clusterSteps, PUBLISHES, type Hook } from "../../core/cluster/steps";
import type { TrustFact } from "../../core/cluster/trust";
import { workersJob, workerTemplates, type WorkerStep } from "../../core/cluster/workers";
import { checkPayload } from "../../core/protocol/check";
import type { NodePlan } from "../../core/plan";
import { otherCas } from "../../core/protocol/otherCas";
import { servingPayload } from "../../core/protocol/serving";
import type { Generations } from "../../core/protocol/trust";
import type { CertificateRow } from "../../core/report/report";
import type { Config, NodeConfig } from "../../core/schema/config";
import { logClusterPreview, type ClusterPreview } from "../logPreview";
import type { Inputs } from "../inputs";
import { localStep } from "../localStep";
import { inEveryRun } from "./everyRun";
import { rollout } from "./rollouts";

/** What has to have succeeded first. */
type Waits = readonly pulumi.Input<pulumi.Resource>[];

export interface InClusterArgs {
  readonly inputs: Inputs;
  /**
   * Kubeconfig of `inCluster.user` or of an administrator, with all trusted CAs. Becomes a secret. Undefined while no CA of the
   * stack signs (the first phase of an adoption): the provider's steps then wait for the next phase, which begins with them.
   */
  readonly kubeconfig: pulumi.Input<string> | undefined;
  /** Of the kubernetes authority, PEM (core/cluster/facts.ts). */
  readonly trust: Readonly<Record<TrustFact, pulumi.Output<string>>>;
  /** The front proxy CA that is trusted after `retire`, PEM. */
  readonly frontProxy: pulumi.Output<string>;
  readonly generations: pulumi.Output<Generations>;
  /** Names the rotation attempt (components/rotationAttempt.ts). */
  readonly attempt: pulumi.Output<string> | undefined;
  /** Key id of the new service account key; undefined if the stack does not manage it. */
  readonly tokenKid: pulumi.Output<string> | undefined;
  /** Certificates of the user's own that Secrets are to hold, by leaf. */
  readonly held: pulumi.Input<Readonly<Record<string, HeldPair>>>;
  /** What the stack has issued to nodes. */
  readonly certificates: pulumi.Output<readonly CertificateRow[]>;
  /** A control plane (core/nodes/topology.ts, controlPlaneExecutor): its kubectl does what the provider cannot. */
  readonly runOn: NodeConfig;
}

/** Updates the copies of the CAs inside the cluster, in step with a rotation of the nodes. */
export class InCluster extends pulumi.ComponentResource {
  /** Its answer says since when every namespace has the new CA. */
  private published: command.local.Command | undefined;
  private readonly previews: ClusterPreview[] = [];
  private provider: Provider | undefined;

  public constructor(
    private readonly base: string,
    private readonly args: InClusterArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:InCluster", base, {}, options);
  }

  /** Runs the steps of a hook, after all of `dependsOn`; returns what the next stage has to wait for. */
  public at(hook: Hook, dependsOn: Waits): Waits {
    const before = lastOf(dependsOn, this.nodeSteps(hook, dependsOn));
    switch (hook) {
      case "beforeIssue":
        return this.rollouts(before);
      case "afterRetire":
        return [...before, ...this.clusterInfo(dependsOn)];
      default:
        return before;
    }
  }

  /** After all hooks. In a preview, logs what is about to be done. */
  public end(): void {
    void logClusterPreview(this, this.previews);
    this.registerOutputs();
  }

  private nodeSteps(hook: Hook, dependsOn: Waits): Waits {
    const { inputs, runOn } = this.args;
    const { config } = inputs;
    return clusterSteps(hook, config).flatMap((step): Waits => {
      const facts = Object.fromEntries(step.facts(config).map((fact) => [fact, this.fact(fact)])) as Partial<{
        [F in Fact]: pulumi.Input<Facts[F]>;
      }>;
      const payload = pulumi
        .output(facts)
        .apply((known) => inputs.payload(runOn, ({ node, config: now }) => clusterPayload(step, node, now, known)));
      if (step.everyRun === true) return inEveryRun(this, { inputs, runOn }, payload, dependsOn);
      const made = localStep(
        `${this.base}-${step.nameSuffix}`,
        { inputs, node: runOn },
        "cluster-step",
        payload,
        { parent: this, dependsOn: [...dependsOn] }, // every node must have reached the state that it checks
      );
      if (step.nameSuffix === PUBLISHES) this.published = made;
      this.previews.push({ hook, summary: step.summary(config), result: made.stdout });
      return [made];
    });
  }

  private fact(fact: Fact): pulumi.Input<Facts[Fact]> | undefined {
    const { trust, frontProxy, tokenKid, generations, inputs } = this.args;
    switch (fact) {
      case "workersTrust":
        return this.workers("trust");
      case "workersIssue":
        return this.workers("issue");
      case "workersRetire":
        return this.workers("retire");
      case "status":
        return this.args.certificates.apply((rows) => publishedStatus(inputs.config, rows));
      case "ownTrust":
        return this.held("trust");
      case "ownIssue":
        return this.held("issue");
      case "ownRetire":
        return this.held("retire");
      default:
        return {
          ...trust,
          frontProxy,
          tokenKid,
          others: generations.apply((known) => otherCas(inputs.config, known)),
          since: this.published?.stdout.apply(sinceOf),
        }[fact];
    }
  }

  private held(step: OwnStep): pulumi.Output<readonly HeldJob[]> {
    const { inputs, generations, held } = this.args;
    // only there: for the other steps the certificates would make their payloads unknown to a preview, and secret
    const pairs = OWN_STEPS[step].writes ? held : {};
    return pulumi
      .all([generations, pulumi.output(pairs)])
      .apply(([known, issued]) => heldJobs(step, inputs.config, known, issued));
  }

  private workers(step: WorkerStep): pulumi.Output<WorkersJob> {
    const { inputs, runOn, generations, trust, tokenKid } = this.args;
    const { ca, final, old } = trust;
    // only there: unwrapped for the other steps it would make their payloads unknown to a preview
    const attempt = step === "retire" ? this.args.attempt : undefined;
    return pulumi
      .output({ known: generations, ca, final, old, tokenKid, attempt })
      .apply(({ known, attempt: name, ...rest }) =>
        inputs.payload(runOn, ({ config }) => {
          const facts = { ...rest, others: otherCas(config, known) };
          const ask = {
            check: (plan: NodePlan) => checkPayload(plan, config, facts),
            serving: (plan: NodePlan, own: Config) => servingPayload(plan, own, facts),
          };
          const templates = workerTemplates(step, config, known, ask, name);
          return workersJob(config, templates);
        }),
      );
  }

  private clusterInfo(dependsOn: Waits): Waits {
    const { trust } = this.args;
    const { config } = this.args.inputs;
    if (!isClusterInfoExact(config) || !this.canPatch()) return [];
    const kubeconfig = trust.final.apply((pem) => clusterInfoText(config.cluster.endpoint, pem));
    return [
      new ConfigMapPatch(
        `${this.base}-${CLUSTER_INFO_SUFFIX}`,
        { metadata: { ...CLUSTER_INFO }, data: { kubeconfig } },
        this.patchOptions(dependsOn), // a joining node must trust the CA of every server that still runs
      ),
    ];
  }

  /** One after another: a workload may need what the one before it provides to pods. */
  private rollouts(dependsOn: Waits): Waits {
    if (!this.canPatch()) return dependsOn;
    const annotations = this.args.trust.ca.apply(trustedAnnotation);
    const made: pulumi.Resource[] = [];
    for (const workload of restarted(this.args.inputs.config)) {
      const options = this.patchOptions(lastOf(dependsOn, made.slice(-1)));
      made.push(rollout(`${this.base}-${restartNameSuffix(workload)}`, workload, annotations, options));
    }
    return lastOf(dependsOn, made);
  }

  private canPatch(): boolean {
    return this.args.kubeconfig !== undefined;
  }

  /**
   * Destroying the stack changes nothing in the cluster: a patch that is deleted would take its fields with it. The provider
   * is made with the first patch, since API servers answer its credentials only once they trust the CA that signed them; a
   * change of credentials or CA never replaces it, that would replace every patch.
   */
  private patchOptions(dependsOn: Waits): pulumi.CustomResourceOptions {
    const { kubeconfig, inputs } = this.args;
    this.provider ??= new Provider(
      `${this.base}-provider`,
      {
        kubeconfig: pulumi.secret(kubeconfig),
        clusterIdentifier: `kube-pki/${inputs.config.cluster.name}`,
        // the fields are owned by kubeadm, or by the last one to roll the workload
        enablePatchForce: true,
        enableConfigMapMutable: true,
      },
      { parent: this, dependsOn: [...dependsOn] },
    );
    return { parent: this, provider: this.provider, dependsOn: [...dependsOn], retainOnDelete: true };
  }
}

const lastOf = (before: Waits, made: Waits): Waits => (made.length > 0 ? made : before);
