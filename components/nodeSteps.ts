import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { nodeName, stepName } from "../core/certificates/resourceNames";
import { orderIn } from "../core/stepOrder";
import type { NodePlan } from "../core/plan";
import { NODE_STEPS, type NodeStep } from "../core/protocol/nodeSteps";
import { runsPods } from "../core/protocol/tokens";
import type { Config } from "../core/schema/config";
import type { Drift } from "./drift";
import type { Inputs } from "./inputs";
import { verbStep } from "./nodeCommand";
import type { IssuedToNode, NodePki } from "./nodePki";
import { Reasons } from "./reasons";

/** What has to have succeeded first. */
export type Waits = readonly pulumi.Input<pulumi.Resource>[];

/** A node and the component that its steps belong to. */
export interface VisitedNode {
  readonly plan: NodePlan;
  readonly pki: NodePki;
  readonly given?: IssuedToNode;
}

/** The steps on nodes that were made so far, each on all nodes at once or in waves. */
export class NodeSteps {
  /** By step and name of the node. */
  private readonly made = new Map<NodeStep, Map<string, command.remote.Command>>();
  private readonly reasons: Reasons;

  public constructor(
    private readonly base: string,
    private readonly inputs: Inputs,
    private readonly drift: Drift,
  ) {
    this.reasons = new Reasons(base, inputs.plan, inputs.config);
  }

  /** Undefined where the node has none. */
  public of(step: NodeStep, node: string): command.remote.Command | undefined {
    return this.made.get(step)?.get(node);
  }

  /**
   * In the order of the step: a node begins when those it comes after have succeeded (core/stepOrder.ts says why). Returns the steps that
   * no other comes after: all others have succeeded before them.
   */
  public inWaves<N extends VisitedNode>(
    step: NodeStep,
    nodes: readonly N[],
    after: Waits,
    payload: (node: N) => pulumi.Input<string>,
  ): command.remote.Command[] {
    const order = orderIn(step, this.inputs.config);
    const preceding = new Set(nodes.flatMap(({ plan }) => plan.after[order]));
    return nodes.flatMap((node) => {
      const before = node.plan.after[order].flatMap((name) => this.of(step, name) ?? []);
      const dependsOn = before.length > 0 ? before : [...after];
      const hooks = this.reasons.of(this.nameOf(step, node), step, node.plan, node.pki);
      const visit = this.visit(step, node, payload(node), { dependsOn, hooks });
      return preceding.has(node.plan.node.name) ? [] : [visit];
    });
  }

  /** Nothing is asked of others by it. */
  public atOnce<N extends VisitedNode>(
    step: NodeStep,
    nodes: readonly N[],
    after: Waits,
    payload: (node: N) => pulumi.Input<string>,
  ): command.remote.Command[] {
    return nodes.map((node) => this.visit(step, node, payload(node), { dependsOn: [...after] }));
  }

  /**
   * One node after another, because a kubelet that has what is old is restarted.
   *
   * @param known what payloads are written from; undefined: nothing is to be done
   */
  public onKubelets<F>(
    step: NodeStep,
    nodes: readonly VisitedNode[],
    after: Waits,
    known: pulumi.Output<F> | undefined,
    payload: (plan: NodePlan, config: Config, known: F) => string,
  ): readonly command.remote.Command[] {
    if (known === undefined) return [];
    const kubelets = nodes.filter(({ plan }) => runsPods(plan));
    return this.inWaves(step, kubelets, after, ({ plan }) =>
      known.apply((facts) => this.inputs.payload(plan.node, ({ node, config }) => payload(node, config, facts))),
    );
  }

  private visit(
    step: NodeStep,
    node: VisitedNode,
    payload: pulumi.Input<string>,
    options: pulumi.CustomResourceOptions,
  ): command.remote.Command {
    const { plan, pki } = node;
    const resource = verbStep(
      this.nameOf(step, node),
      { inputs: this.inputs, node: plan.node },
      NODE_STEPS[step].verb,
      payload,
      { parent: pki, ...options },
      this.drift.again(step, node),
    );
    const made = this.made.get(step) ?? new Map<string, command.remote.Command>();
    this.made.set(step, made.set(plan.node.name, resource));
    return resource;
  }

  private nameOf(step: NodeStep, { plan }: VisitedNode): string {
    return stepName(nodeName(this.base, plan.node.name), step);
  }
}
