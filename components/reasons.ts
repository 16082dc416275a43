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
 * In an `up`, logs on a node's row why a step of it runs and what restarts, before the step runs. By a hook, because only the
 * engine knows which steps it is about to run. Reasons are not in the payload, because another wording would run the step again.
 */
export class Reasons {
  /** By the name of the step's resource. */
  private readonly told = new Map<string, Told>();
  /** Undefined where the engine or the language host does not support hooks. */
  private readonly hook: pulumi.ResourceHook | undefined;

  public constructor(
    base: string,
    private readonly cluster: ClusterPlan,
    private readonly config: Config,
  ) {
    // bound, so that the engine's call has the async context of this program
    const tell = AsyncResource.bind((args: pulumi.ResourceHookArgs) => this.tell(args));
    this.hook = knowsHooks() ? new pulumi.ResourceHook(`${base}-reasons`, tell, { ignoreErrors: true }) : undefined;
  }

  /** For the options of a step; `row` is its parent: the step itself does not exist yet when its reason is logged. */
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

/**
 * Mocks do not support hooks, and the SDK would wait for them for ever. The CLI's language host passes on only the calls that it
 * knows itself, and a run fails at any other: one that gives a program no root directory (`run --root-directory`) is older
 * than hooks. Without them an `up` works, and says less.
 */
const knowsHooks = (): boolean => "registerResourceHook" in (pulumi.runtime.getMonitor() ?? {}) && !isOldHost();

/** As the SDK's entry point for language hosts (cmd/run) has it; inline programs have no such host. */
const isOldHost = (): boolean =>
  process.env["PULUMI_NODEJS_SYNC"] !== undefined && process.env["PULUMI_NODEJS_ROOT_DIRECTORY"] === undefined;

/** A payload with a key in it comes as an output. */
const payloadOf = (inputs: Readonly<Record<string, unknown>> | undefined): Promise<string> =>
  new Promise((resolve) => {
    const stdin = inputs?.["stdin"] as pulumi.Input<string> | undefined;
    pulumi.output(stdin).apply((text = "") => {
      resolve(text);
    });
  });
