import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterPlan, NodePlan } from "../core/plan";
import { NODE_STEPS, type NodeStep } from "../core/protocol/nodeSteps";
import type { Config } from "../core/schema/config";

interface Told {
  readonly step: NodeStep;
  readonly plan: NodePlan;
  readonly row: pulumi.Resource;
}

/**
 * Says in an `up`, on a node's row and before a step of it runs, why it does and what restarts. By a hook, since only the
 * engine knows which of all steps it is about to run; a node knows no reasons, and a payload with reasons in it would be
 * another one with each wording.
 */
export class Reasons {
  /** By the name of the step's resource. */
  private readonly told = new Map<string, Told>();
  /** Undefined under mocks. */
  private readonly hook: pulumi.ResourceHook | undefined;

  public constructor(
    base: string,
    private readonly cluster: ClusterPlan,
    private readonly config: Config,
  ) {
    // bound, since the engine's call would else not know of which program it is
    const tell = AsyncResource.bind((args: pulumi.ResourceHookArgs) => this.tell(args));
    this.hook = knowsHooks() ? new pulumi.ResourceHook(`${base}-reasons`, tell, { ignoreErrors: true }) : undefined;
  }

  /** For the options of a step; `row` is a parent of it: the step itself is not there yet when it is told of. */
  public of(resource: string, step: NodeStep, plan: NodePlan, row: pulumi.Resource): pulumi.ResourceHookBinding {
    this.told.set(resource, { step, plan, row });
    return this.hook === undefined ? {} : { beforeCreate: [this.hook], beforeUpdate: [this.hook] };
  }

  private async tell({ name, oldInputs, newInputs }: pulumi.ResourceHookArgs): Promise<void> {
    const told = this.told.get(name);
    if (told === undefined) return;
    const [before, after] = await Promise.all([payloadOf(oldInputs), payloadOf(newInputs)]);
    const text = NODE_STEPS[told.step].why(this.cluster, told.plan, this.config, { before, after });
    if (text !== undefined) await pulumi.log.info(text, told.row);
  }
}

/** Mocks do not, and the SDK would wait for them for ever. */
const knowsHooks = (): boolean => "registerResourceHook" in (pulumi.runtime.getMonitor() ?? {});

/** A payload with a key in it comes as an output. */
const payloadOf = (inputs: Readonly<Record<string, unknown>> | undefined): Promise<string> =>
  new Promise((resolve) => {
    const stdin = inputs?.["stdin"] as pulumi.Input<string> | undefined;
    pulumi.output(stdin).apply((text = "") => {
      resolve(text);
    });
  });
