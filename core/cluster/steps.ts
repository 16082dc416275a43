/**
 * What is done inside the cluster while authorities are rotated, through a control plane (core/nodes/topology.ts,
 * controlPlaneExecutor), as one table: when, under which condition, which tasks (job.ts). A step depends only on what it needs,
 * so going on to the next phase runs only what is new.
 */
import { canSign, hasPrevious, retiresPrevious, seeks, wasAborted } from "../authorities/rotation";
import { LAYOUTS } from "../layouts";
import { AUTHORITIES } from "../model/authorities";
import type { Config } from "../schema/config";
import { hasOwnStep, ownText } from "./own";
import { publishes, publishesLast } from "./published";
import type { Hook, Step } from "./step";
import { approvesServing } from "../certificates/approvesServing";
import { servingPlan } from "./servingPlan";
import { flagsOf, hasBundles, listed, moves, reloading, visits, workersDo, workloadText } from "./stepInputs";

export { HOOKS, type Hook, type Step } from "./step";

const rewrite = ({ inCluster: { caBundles } }: Config) => ({ tasks: ["rewrite"], caBundles }) as const;

/** The step whose answer has `since`. */
export const PUBLISHES = "root-ca";

const STEPS: readonly Step[] = [
  {
    // pods and joining nodes trust the new CA before any server has a certificate of it
    nameSuffix: PUBLISHES,
    hook: "afterTrust",
    summary: (config) =>
      `${LAYOUTS[config.layout].publishesClusterInfo ? "cluster-info gets the new CA, " : ""}${flagsOf(config).length > 0 ? "kubeadm-config the options of the rotation, " : ""}waits for kube-root-ca.crt in every namespace, annotates pods that mount it`,
    isWanted: moves,
    facts: () => ["ca"],
    job: (config) => {
      const flags = flagsOf(config);
      return {
        tasks: [
          ...(LAYOUTS[config.layout].publishesClusterInfo ? (["cluster-info-add"] as const) : []),
          ...(flags.length > 0 ? (["kubeadm-config"] as const) : []),
          "root-ca",
          "sync-pods",
        ],
        ...(flags.length > 0 ? { flags } : {}),
      };
    },
  },
  {
    nameSuffix: "workers-trust",
    hook: "afterTrust",
    summary: () => "nodes without ssh trust both CAs, kubelets restart",
    isWanted: workersDo("trust"),
    facts: () => ["workersTrust"],
    job: () => ({ tasks: ["workers"] }),
  },
  {
    nameSuffix: "ca-bundles-trust",
    hook: "afterTrust",
    summary: ({ inCluster }) => `${String(inCluster.caBundles.length)} caBundles get both CAs`,
    isWanted: (config) => moves(config) && hasBundles(config),
    facts: () => ["rotating"],
    job: rewrite,
  },
  {
    nameSuffix: "own-trust",
    hook: "afterTrust",
    summary: (config) => `${ownText("trust", config)} trust both CAs, their workloads restart`,
    isWanted: (config) => hasOwnStep("trust", config),
    facts: () => ["ownTrust"],
    job: () => ({ tasks: ["held-certificates"] }),
  },
  {
    // on the nodes of the stack the pods themselves are checked (core/protocol/check.ts)
    nameSuffix: "mounted-elsewhere",
    hook: "afterPublished",
    summary: () => "checks that no node is missing, waits for kubelets to update their pods",
    isWanted: moves,
    facts: () => ["since"],
    job: (config) => ({ tasks: ["nodes", "mounted-elsewhere"], ...visits(config) }),
  },
  {
    nameSuffix: "restart-all",
    hook: "beforeIssue",
    summary: () => "restarts every workload whose pods started before the new CA was there",
    isWanted: (config) => moves(config) && config.inCluster.restart === "all",
    facts: () => ["ca", "since"],
    job: (config) => ({ tasks: ["restart-all"], reload: reloading(config) }),
  },
  {
    // the provider that rolls them asks no PodDisruptionBudget
    nameSuffix: "may-restart",
    hook: "beforeIssue",
    summary: (config) => `restarts ${listed(config).map(workloadText).join(", ")}`,
    isWanted: (config) => moves(config) && listed(config).length > 0 && canSign(config, "kubernetes"),
    facts: () => ["ca"],
    job: (config) => ({ tasks: ["may-restart"], toRoll: listed(config) }),
  },
  {
    nameSuffix: "workers-issue",
    hook: "afterApply",
    summary: () => "on nodes without ssh kubelets request new certificates and pods get new tokens, kubelets restart",
    isWanted: workersDo("issue"),
    facts: () => ["workersIssue"],
    job: () => ({ tasks: ["workers"] }),
  },
  {
    nameSuffix: "own-issue",
    hook: "afterApply",
    summary: (config) => `${ownText("issue", config)} get certificates, their workloads restart`,
    isWanted: (config) => hasOwnStep("issue", config),
    facts: () => ["ownIssue"],
    job: () => ({ tasks: ["held-certificates"] }),
  },
  {
    nameSuffix: "status",
    hook: "afterApply",
    summary: () => "configmap kube-pki says what was renewed and what is next",
    isWanted: (config) => publishes(config) && !publishesLast(config),
    facts: () => ["status"],
    job: () => ({ tasks: ["status"] }),
  },
  {
    nameSuffix: "kubelet-serving",
    hook: "afterServing",
    summary: () => "approves what kubelets ask for as their serving certificates",
    isWanted: approvesServing,
    facts: () => [],
    job: (config) => ({ tasks: ["kubelet-serving"], serving: servingPlan(config) }),
    everyRun: true,
  },
  {
    nameSuffix: "scan",
    hook: "afterIssue",
    summary: () => "looks for what still needs the old CA",
    isWanted: (config) => AUTHORITIES.some((what) => seeks(config, what)),
    facts: (config) => (seeks(config, "kubernetes") ? ["ca", "old", "others", "since"] : ["others"]),
    job: (config) =>
      seeks(config, "kubernetes")
        ? {
            tasks: ["nodes", "root-ca-seen", "ca-bundles", "pods", "secrets", "kubelets"], // more nodes may have joined
            ...visits(config),
            reload: reloading(config),
          }
        : { tasks: ["ca-bundles", "pods", "secrets"], reload: reloading(config) },
  },
  {
    // a removed token is refused at once, so only after all checks have passed
    nameSuffix: "tokens",
    hook: "beforeRetire",
    summary: () => "token Secrets get new tokens, the old ones become invalid",
    isWanted: (config) => retiresPrevious(config, "serviceAccount"),
    facts: () => ["tokenKid"],
    job: (config) =>
      retiresPrevious(config, "kubernetes")
        ? { tasks: ["tokens"] } // the scan has named the nodes
        : { tasks: ["nodes", "tokens"], ...visits(config) },
  },
  {
    nameSuffix: "workers-retire",
    hook: "afterRetire",
    summary: () => "removes the old CA from nodes without ssh, kubelets restart",
    isWanted: workersDo("retire"),
    facts: () => ["workersRetire"],
    job: () => ({ tasks: ["workers", "workers-remove"] }),
  },
  {
    nameSuffix: "ca-bundles-retire",
    hook: "afterRetire",
    summary: ({ inCluster }) => `${String(inCluster.caBundles.length)} caBundles lose the old CA`,
    isWanted: (config) => retiresPrevious(config, "kubernetes") && hasBundles(config),
    facts: () => ["final", "old"],
    job: rewrite,
  },
  {
    nameSuffix: "own-retire",
    hook: "afterRetire",
    summary: (config) => `${ownText("retire", config)} lose the old CA`,
    isWanted: (config) => hasOwnStep("retire", config),
    facts: () => ["ownRetire"],
    job: () => ({ tasks: ["held-certificates"] }),
  },
  {
    // API servers only ever add to it, so it can be cleaned when the last of them has dropped the old CA
    nameSuffix: "authentication",
    hook: "afterRetire",
    summary: ({ layout }) =>
      `extension-apiserver-authentication${LAYOUTS[layout].publishesClusterInfo ? " and cluster-info lose" : " loses"} the old CA`,
    isWanted: (config) => retiresPrevious(config, "kubernetes") || retiresPrevious(config, "frontProxy"),
    facts: (config) => [
      ...(retiresPrevious(config, "kubernetes") ? (["final"] as const) : []),
      ...(retiresPrevious(config, "frontProxy") ? (["frontProxy"] as const) : []),
    ],
    job: (config) => ({
      tasks: retiresPrevious(config, "kubernetes") ? ["authentication-clean", "kubelets"] : ["authentication-clean"],
    }),
  },
  {
    nameSuffix: "status",
    hook: "afterRetire",
    summary: () => "configmap kube-pki says what was renewed and what is next",
    isWanted: (config) => publishes(config) && publishesLast(config),
    facts: () => ["status"],
    job: () => ({ tasks: ["status"] }),
  },
  {
    // by kubectl: a stack that never rotated has no provider
    nameSuffix: "aborted",
    hook: "afterRetire",
    summary: () => "removes what an aborted rotation has left",
    isWanted: wasAborted,
    facts: (config) => (hasPrevious(config, "frontProxy") ? ["final"] : ["final", "frontProxy"]),
    job: (config) => ({
      tasks: [
        ...(LAYOUTS[config.layout].publishesClusterInfo ? (["cluster-info-exact"] as const) : []),
        ...(hasBundles(config) ? (["rewrite"] as const) : []),
        "authentication-clean",
      ],
      caBundles: config.inCluster.caBundles,
    }),
  },
];

/** The steps of one hook, in order. */
export const clusterSteps = (hook: Hook, config: Config): readonly Step[] =>
  config.inCluster.enabled ? STEPS.filter((step) => step.hook === hook && step.isWanted(config)) : [];

/** By the end of its resource's name. Without a row are the patches of the Kubernetes provider: workloads are rolled, and one object. */
export const hookOf = (nameSuffix: string): Hook =>
  STEPS.find((step) => step.nameSuffix === nameSuffix)?.hook ??
  (nameSuffix === CLUSTER_INFO_SUFFIX ? "afterRetire" : "beforeIssue");

export const CLUSTER_INFO_SUFFIX = "cluster-info";
