/** What one step in the cluster is to do, as it is handed to the program that does it (cli/clusterStep.ts). */
import type { Gate } from "../protocol/lines";
import type { OtherCas } from "../protocol/otherCas";
import type { Config, Workload } from "../schema/config";
import type { RotationFlag } from "../protocol/rotationFlags";
import type { HeldJob } from "./own";
import type { PublishedStatus } from "./published";
import type { ServingPlan } from "./servingPlan";

export const TASKS = [
  "cluster-info-add",
  "cluster-info-exact",
  "kubeadm-config",
  "root-ca",
  "root-ca-seen",
  "sync-pods",
  "nodes",
  "mounted-elsewhere",
  "rewrite",
  "ca-bundles",
  "pods",
  "secrets",
  "kubelets",
  "may-restart",
  "restart-all",
  "tokens",
  "authentication-clean",
  "workers",
  "workers-remove",
  "held-certificates",
  "status",
  "kubelet-serving",
] as const;
export type TaskName = (typeof TASKS)[number];

/** Nodes without ssh, and what each is to do. */
export interface WorkersJob {
  readonly namespace: string;
  /** The DaemonSet, with `@revision@` and `"@at-once@"` to be put in. */
  readonly manifest: object;
  /** A number, or a share such as "10%". */
  readonly atOnce: string;
  /** One node alone first. */
  readonly canary: boolean;
  /** Templates of payloads, in order. */
  readonly steps: readonly string[];
}

export interface Job {
  /** In order. After something was found only those go on that change nothing, so that one refusal names all there is. */
  readonly tasks: readonly TaskName[];
  /** Gates that are given up: what they find is told, and neither refused nor waited for. */
  readonly force: readonly Gate[];
  /** The kubernetes CA that stays trusted, PEM; where it is rotated. */
  readonly ca?: string;
  /** The front proxy CA that stays trusted, PEM. */
  readonly frontProxy?: string;
  /** The kubernetes CAs that go, PEM, as far as the stack knows them. */
  readonly old?: string;
  /** CAs of etcd and of the front proxy that go. */
  readonly others?: readonly OtherCas[];
  /** Key id of the service account key that signs after the rotation. */
  readonly tokenKid?: string;
  /** When the last namespace got the new CA, unix seconds: pods that began by then count as old. */
  readonly since?: number;
  /** Nodes of the stack. */
  readonly visited?: readonly string[];
  /** Workloads that read a new CA by themselves. */
  readonly reload?: readonly Workload[];
  /** Workloads that are about to be rolled by the provider. */
  readonly toRoll?: readonly Workload[];
  readonly caBundles?: readonly Config["inCluster"]["caBundles"][number][];
  /** The namespace of the DaemonSet that visits the nodes which the stack does not list. */
  readonly visitors?: string;
  readonly workers?: WorkersJob;
  /** What kubeadm is to start services with when it writes their manifests again. */
  readonly flags?: readonly RotationFlag[];
  /** What the cluster is to say of its certificates. */
  readonly status?: PublishedStatus;
  /** Which serving certificates kubelets may get. */
  readonly serving?: ServingPlan;
  /** Certificates of the user's own that Secrets hold. */
  readonly held?: readonly HeldJob[];
}
