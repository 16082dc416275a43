/**
 * Nodes that the stack does not list: hundreds of workers are reached through Kubernetes instead of ssh.
 * A DaemonSet (tasks/workers.ts rolls it) runs the same node script there as ssh does on the other nodes. This is
 * no Pulumi resource: one `up` takes it through three revisions.
 */
import { createHash } from "node:crypto";
import { canSign, retiresPrevious, hasPrevious, issuerOf, stateOf, wasAborted } from "../authorities/rotation";
import { planCluster, type NodePlan } from "../plan";
import { consumerLines } from "../protocol/consumerLines";
import { allowLines, as, fileLine, framed, part, useLines } from "../protocol/lines";
import { caPart } from "../protocol/parts";
import { renewsServing } from "../protocol/serving";
import { renewsTokens, tokensPayload } from "../protocol/tokens";
import { trustPayload, type Generations } from "../protocol/trust";
import type { Config, NodeConfig } from "../schema/config";
import type { WorkersJob } from "./job";
import { workersManifest } from "./workersManifest";

/** The three revisions of the DaemonSet: each is rolled over all these nodes in waves. */
export type WorkerStep = "trust" | "issue" | "retire";

/** Stands for a node's name until the node itself puts it in (node/86-template.sh). */
export const ANY_NODE = "node.kube-pki.invalid";

/** The plan of any of these nodes. Its serving certificate is the kubelet's own, self-signed or approved in the cluster. */
const anyWorker = (config: Config): { readonly plan: NodePlan; readonly config: Config } => {
  const node: NodeConfig = { name: ANY_NODE, address: "0.0.0.0", roles: ["worker"], extraSans: [], joining: false };
  const { profiles } = config.certificates;
  const own: Config = {
    ...config,
    nodes: [node],
    certificates: {
      ...config.certificates,
      own: {}, // the user's own are for the nodes of the stack
      profiles: {
        ...profiles,
        kubelet: { ...profiles.kubelet, enabled: true },
        "kubelet-server": { enabled: false },
      },
    },
  };
  const [plan] = planCluster(own, new Date(0)).nodes;
  if (plan === undefined) throw new Error("nodes without ssh: there is no plan for one");
  return { plan: { ...plan, start: "existing" }, config: own }; // its pod runs there
};

/** A payload for any node: what it is for, and its lines. */
const template = (payload: string): string => {
  const [header = "", ...lines] = payload.trimEnd().split("\n");
  return framed("template", [header.split(" ")[2] ?? "", ...lines]);
};

/** A new client certificate for the kubelet, if its present one is not signed by the issuer of this phase. */
const issuePayload = (config: Config, generations: Generations): string => {
  const generation = issuerOf(stateOf(config, "kubernetes"));
  const issuer = generations.kubernetes[generation - 1] ?? "";
  const digest = createHash("sha256").update(issuer.trimEnd()).digest("hex").slice(0, 8);
  const { plan, config: own } = anyWorker(config);
  const rows = plan.known.filter(
    ({ content }) => (content.kind === "pair" || content.kind === "link") && content.profile === "kubelet",
  );
  const kubeconfig = plan.known.find(({ content }) => content.kind === "kubeconfig" && content.profile === "kubelet");
  const leaf = plan.leaves.find(({ profile }) => profile === "kubelet");
  if (kubeconfig === undefined || leaf === undefined)
    throw new Error(`layout ${config.layout}: its kubelets do not ask for certificates by themselves`);
  const apply = [
    `node ${ANY_NODE}`,
    "start existing",
    ...part(caPart("kubernetes"), issuer),
    ...allowLines("kubelet", config),
    ...rows.map(fileLine),
    ...rows.flatMap((row) => useLines(row, plan, own)),
    ...consumerLines(plan, own, new Set(["kubelet"])),
  ];
  return framed("issue", [
    `node ${ANY_NODE}`,
    `kubeconfig ${as.path(kubeconfig.path)}`,
    ...part(caPart("kubernetes"), issuer),
    `leaf kubelet ${as.name(`g${String(generation)}-${digest}`)} ${leaf.algorithm}`,
    `cn kubelet ${as.subject(leaf.commonName)}`,
    // more than this the API server signs for no kubelet
    "o kubelet system:nodes",
    ...part("apply", apply.join("\n")),
  ]);
};

const NO_TOKEN_KEY = { managesServiceAccount: false };

/** Whether these nodes have something to do in a step. */
export const hasWorkerStep: Readonly<Record<WorkerStep, (config: Config) => boolean>> = {
  trust: (config) => hasPrevious(config, "kubernetes"),
  // also where a phase was gone back from: then the CA that signs again issues their certificates again
  issue: (config) => (hasPrevious(config, "kubernetes") && canSign(config, "kubernetes")) || renewsTokens(config),
  // not before the rotation of the CA beside the token key is done as well
  retire: (config) =>
    retiresPrevious(config, "kubernetes") ||
    wasAborted(config) ||
    (renewsTokens(config) && !hasPrevious(config, "kubernetes")),
};

/** What each of these nodes does in a step, in order, as templates of payloads. */
export const workerTemplates = (
  step: WorkerStep,
  config: Config,
  generations: Generations,
  /** Payloads of a node: `check`, before anything is retired, and the one by which its kubelet asks for a serving certificate. */
  ask: { readonly check: (plan: NodePlan) => string; readonly serving: (plan: NodePlan, config: Config) => string },
  /** Names the rotation attempt, for `retire` (components/rotationAttempt.ts). */
  attempt?: string,
): string[] => {
  const { plan, config: own } = anyWorker(config);
  const moves = hasPrevious(config, "kubernetes");
  const tokenKey = generations.serviceAccount[stateOf(config, "serviceAccount").generation - 1];
  switch (step) {
    case "trust":
    case "retire":
      return moves || wasAborted(config)
        ? [template(trustPayload(step, NO_TOKEN_KEY, plan, own, generations, attempt))]
        : [];
    case "issue":
      return [
        ...(moves && canSign(config, "kubernetes") ? [template(issuePayload(config, generations))] : []),
        ...(renewsServing(config) ? [template(ask.serving(plan, own))] : []),
        ...(renewsTokens(config) && tokenKey !== undefined ? [template(tokensPayload(plan, own, tokenKey))] : []),
        ...(retiresPrevious(config, "kubernetes") || retiresPrevious(config, "serviceAccount")
          ? [template(ask.check(plan))]
          : []),
      ];
  }
};

/** The DaemonSet of one step. */
export const workersJob = (config: Config, steps: readonly string[]): WorkersJob => {
  const { workers } = config.inCluster;
  if (workers === undefined) throw new Error("inCluster.workers: not given, so there is no step for them");
  return {
    namespace: workers.namespace,
    manifest: workersManifest(config, workers),
    atOnce: String(workers.maxUnavailable ?? config.rollout.workersAtOnce),
    canary: config.rollout.canary,
    steps,
  };
};
