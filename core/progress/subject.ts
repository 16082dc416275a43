/** What a resource of a stack is to a person: a step of a node, a step in the cluster, a certificate. */
import { nameInUrn } from "../certificates/resourceNames";
import { hookOf } from "../cluster/steps";
import { BACKENDS } from "../model/backends";
import { NODE_STEP_NAMES, type NodeStep } from "../protocol/nodeSteps";
import type { StageName } from "../rollout";
import type { ResourceStep } from "./engineEvent";

/** A stage of core/rollout.ts, or what comes before all of them. */
export type Stage = StageName | "preview" | "preflight" | "prepare";

export type Subject =
  /** A step on a node; `step`: `install`, `request`, or one of core/protocol/nodeSteps.ts. */
  | { readonly kind: "node"; readonly stage: Stage; readonly step: string; readonly node: string }
  /** Done once for the cluster, through one node or from here. */
  | { readonly kind: "once"; readonly stage: Stage; readonly step: string }
  | { readonly kind: "certificate" | "nodeRow" | "other" };

const OTHER: Subject = { kind: "other" };
const CLUSTER = "kube-pki:index:ClusterPki";
const NODE = "kube-pki:index:NodePki";
const IN_CLUSTER = "kube-pki:index:InCluster";

const LEAVES = new Set<string>(Object.values(BACKENDS).map(({ leaf }) => leaf.type));

/** What a ClusterPki does by itself before nodes are changed, by the end of the resource's name. */
const ONCE: Readonly<Record<string, Stage>> = { preflight: "preflight", "is-dead": "alive" };

const isNodeStep = (step: string): step is NodeStep => (NODE_STEP_NAMES as readonly string[]).includes(step);

/** The resources that a run has named so far: what one is, its parents say. */
export class Resources {
  private readonly known = new Map<string, { readonly type: string; readonly parent: string | undefined }>();

  public note({ urn, type, parent }: ResourceStep): void {
    this.known.set(urn, { type, parent });
  }

  /** Of the row of a node, or of a step on it. */
  public nodeOf(urn: string): string | undefined {
    const { type, parent } = this.known.get(urn) ?? {};
    if (type === NODE) return endOf(urn, parent);
    return parent === undefined ? undefined : this.nodeOf(parent);
  }

  /** Every node of the run. */
  public get nodes(): string[] {
    return [...this.known.keys()].flatMap((urn) =>
      this.known.get(urn)?.type === NODE ? [this.nodeOf(urn) ?? ""] : [],
    );
  }

  public subjectOf(urn: string): Subject {
    const { type = "", parent } = this.known.get(urn) ?? {};
    if (type === NODE) return { kind: "nodeRow" };
    if (LEAVES.has(type)) return { kind: "certificate" };
    if (parent === undefined) return OTHER;
    const step = endOf(urn, parent);
    switch (this.known.get(parent)?.type) {
      case NODE:
        return type.startsWith("command:") ? visit(step, this.nodeOf(parent) ?? "") : OTHER;
      case IN_CLUSTER:
        return type.startsWith("pulumi:providers:") ? OTHER : { kind: "once", stage: hookOf(step), step };
      case CLUSTER: {
        const stage = ONCE[step];
        return stage === undefined ? OTHER : { kind: "once", stage, step };
      }
      default:
        return OTHER;
    }
  }
}

const visit = (step: string, node: string): Subject => ({
  kind: "node",
  node,
  // one node may be asked for several requests
  step: step.startsWith("request") ? "request" : step,
  stage: isNodeStep(step) ? step : "prepare",
});

/** What a name adds to that of its parent (core/certificates/resourceNames.ts). */
const endOf = (urn: string, parent = ""): string => {
  const [name, before] = [nameInUrn(urn), `${nameInUrn(parent)}-`];
  return name.startsWith(before) ? name.slice(before.length) : name;
};
