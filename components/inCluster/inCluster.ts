import type * as command from "@pulumi/command";
import { ConfigMapPatch } from "@pulumi/kubernetes/core/v1";
import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import type { Config, NodeConfig } from "../../core/config";
import { CLUSTER_INFO, clusterInfoText, isClusterInfoExact } from "../../core/inCluster/clusterInfo";
import { restarted, restartNoun, trustedAnnotation } from "../../core/inCluster/restarts";
import { clusterPayload, clusterSteps, sinceOf, type Fact, type Moment } from "../../core/inCluster/steps";
import type { ClusterPlan } from "../../core/plan";
import { verbStep } from "../nodeCommand";
import { rollout } from "./rollouts";

export interface InClusterArgs {
  /** Plain: it shapes the graph. */
  readonly config: Config;
  /** Plain: it shapes the graph. */
  readonly plan: ClusterPlan;
  /**
   * An admin's, by the CA that signs, trusting all that are trusted. Becomes a secret. Undefined while nobody can sign one
   * (the first phase of an adoption): what is the provider's then waits for the next phase, which begins with it.
   */
  readonly kubeconfig: pulumi.Input<string> | undefined;
  /** The kubernetes authority, PEM: what is trusted from `trust` on, and what is left after `retire`. */
  readonly trust: { readonly rotating: pulumi.Output<string>; readonly final: pulumi.Output<string> };
  /** The front proxy's CA that is left after `retire`, PEM. */
  readonly frontProxy: pulumi.Output<string>;
  /** The CAs of kubernetes that go, PEM; may be empty. */
  readonly old: pulumi.Output<string>;
  /** Key id of the service account key that stays; undefined where the stack does not manage it. */
  readonly tokenKid: pulumi.Output<string> | undefined;
  /** The first control plane: its kubectl does what the provider cannot. */
  readonly workOn: NodeConfig;
}

/** What trusts the cluster's CAs from inside it, kept in step with a rotation of the nodes. */
export class InCluster extends pulumi.ComponentResource {
  private readonly nodeSteps = new Map<string, command.remote.Command>();
  private provider: Provider | undefined;

  public constructor(
    private readonly base: string,
    private readonly args: InClusterArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("kube-pki:index:InCluster", base, {}, options);
    this.registerOutputs();
  }

  /** After all `trust` steps, before any `apply`. Each of these gives what the next step of the nodes has to wait for. */
  public afterTrust(dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    const steps = this.runSteps("afterTrust", dependsOn);
    // pods that begin before kube-root-ca.crt has the new CA would have to begin once more
    const rollouts = this.rollouts([...dependsOn, ...steps]);
    return lastOf(dependsOn, [...steps, ...rollouts]);
  }

  /** After all `apply` steps, before any `retire`. */
  public afterIssue(dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    return lastOf(dependsOn, this.runSteps("afterIssue", dependsOn));
  }

  /** After all `retire` steps. */
  public afterRetire(dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    const steps = this.runSteps("afterRetire", dependsOn);
    return lastOf(dependsOn, [...steps, ...this.clusterInfo(dependsOn)]);
  }

  private runSteps(moment: Moment, dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    const { config, plan, workOn } = this.args;
    const node = plan.nodes.find(({ node: each }) => each.name === workOn.name);
    if (node === undefined) throw new Error(`${workOn.name}: work in the cluster is for one of the plan's nodes`);
    return clusterSteps(moment, config).map((step) => {
      const facts = Object.fromEntries(step.facts(config).map((fact) => [fact, this.fact(fact)]));
      const payload = pulumi.output(facts).apply((known) => clusterPayload(step, node, config, known));
      const made = verbStep(`${this.base}-${step.noun}`, { config, node: workOn }, "cluster", payload, {
        parent: this,
        dependsOn, // what it looks at must be so on every node
      });
      this.nodeSteps.set(step.noun, made);
      return made;
    });
  }

  private fact(fact: Fact): pulumi.Input<string> | undefined {
    const { trust, frontProxy, old, tokenKid } = this.args;
    const since = this.nodeSteps.get("root-ca")?.stdout.apply(sinceOf);
    return { ...trust, frontProxy, old, tokenKid, since }[fact];
  }

  private clusterInfo(dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    const { config, trust } = this.args;
    if (!isClusterInfoExact(config) || !this.canPatch()) return [];
    const kubeconfig = trust.final.apply((pem) => clusterInfoText(config.cluster.endpoint, pem));
    return [
      new ConfigMapPatch(
        `${this.base}-cluster-info`,
        { metadata: { ...CLUSTER_INFO }, data: { kubeconfig } },
        this.patchOptions(dependsOn), // a node that joins must know the CA of every server that still runs
      ),
    ];
  }

  /** One after another: the next one needs what the one before it gives to pods. */
  private rollouts(dependsOn: pulumi.Resource[]): pulumi.Resource[] {
    if (!this.canPatch()) return [];
    const annotations = this.args.trust.final.apply(trustedAnnotation);
    const made: pulumi.Resource[] = [];
    for (const workload of restarted(this.args.config)) {
      const options = this.patchOptions(lastOf(dependsOn, made.slice(-1)));
      made.push(rollout(`${this.base}-${restartNoun(workload)}`, workload, annotations, options));
    }
    return made;
  }

  private canPatch(): boolean {
    return this.args.kubeconfig !== undefined;
  }

  /**
   * Destroying the stack changes nothing in the cluster: a patch that is deleted would take its fields with it. The provider
   * is made with the first patch, since API servers answer its credentials only once they trust the CA that signed them; a
   * change of credentials or CA never replaces it, that would replace every patch.
   */
  private patchOptions(dependsOn: pulumi.Resource[]): pulumi.CustomResourceOptions {
    const { kubeconfig, config } = this.args;
    this.provider ??= new Provider(
      `${this.base}-provider`,
      {
        kubeconfig: pulumi.secret(kubeconfig),
        clusterIdentifier: `kube-pki/${config.cluster.name}`,
        // the fields are owned by kubeadm, or by whoever rolled the workload last
        enablePatchForce: true,
        enableConfigMapMutable: true,
      },
      { parent: this, dependsOn },
    );
    return { parent: this, provider: this.provider, dependsOn, retainOnDelete: true };
  }
}

const lastOf = (before: pulumi.Resource[], made: pulumi.Resource[]): pulumi.Resource[] =>
  made.length > 0 ? made : before;
