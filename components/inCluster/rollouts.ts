import { DaemonSetPatch, DeploymentPatch, StatefulSetPatch } from "@pulumi/kubernetes/apps/v1";
import type * as pulumi from "@pulumi/pulumi";
import type { Workload } from "../../core/schema/config";

interface PodTemplateArgs {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations: pulumi.Input<Record<string, string>> } };
  };
}
type Make = (name: string, args: PodTemplateArgs, options: pulumi.CustomResourceOptions) => pulumi.Resource;

const PATCHES: Readonly<Record<Workload["kind"], Make>> = {
  DaemonSet: (name, args, options) => new DaemonSetPatch(name, args, options),
  Deployment: (name, args, options) => new DeploymentPatch(name, args, options),
  StatefulSet: (name, args, options) => new StatefulSetPatch(name, args, options),
};

/** Restarts a workload's pods when these annotations change, and waits until all are ready. */
export const rollout = (
  name: string,
  { kind, namespace, name: workload }: Workload,
  annotations: pulumi.Input<Record<string, string>>,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource =>
  PATCHES[kind](
    name,
    { metadata: { namespace, name: workload }, spec: { template: { metadata: { annotations } } } },
    options,
  );
