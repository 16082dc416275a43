/**
 * The payloads of what is done between the phases of a rotation (docs/node-protocol.md, verbs `check` and `cluster`): the
 * cluster's own copies of the CAs follow, and nothing is retired that somebody still needs.
 */
import { AUTHORITIES, caPart, type AuthorityName } from "./authorities";
import type { Config } from "./config";
import { kubernetesMinor } from "./kubernetesMinor";
import { as, framed, part } from "./payloadLines";
import type { NodePlan } from "./plan";
import { keyIdOf } from "./publicKey";
import { ROTATED, stateOf, type Rotated } from "./rotation";
import type { Generations } from "./trustPayload";

/** The moments between phases: both are trusted everywhere, the new one is presented everywhere, the old one is gone. */
export const CLUSTER_STEPS = ["trusted", "issued", "retired"] as const;
export type ClusterStep = (typeof CLUSTER_STEPS)[number];

const isDone = (config: Config, what: Rotated): boolean => stateOf(config, what).phase === "done";

const target = (what: Rotated, config: Config, { [what]: all }: Generations): string =>
  all[stateOf(config, what).generation - 1] ?? "";

/** The certificates that stay, and those of earlier generations that go. */
const caParts = (authorities: readonly AuthorityName[], config: Config, generations: Generations): string[] =>
  authorities.flatMap((authority) => [
    ...part(caPart(authority), target(authority, config, generations)),
    ...generations[authority]
      .slice(0, stateOf(config, authority).generation - 1)
      .flatMap((text, index) => part(`old:${authority.toLowerCase()}:g${String(index + 1)}`, text)),
  ]);

const gateLines = (config: Config): string[] =>
  (["scan", "tokens"] as const).map(
    (gate) => `gate ${gate} ${config.rotation?.force.includes(gate) === true ? "off" : "on"}`,
  );

/** Tokens matter once the old key is about to go, and only where the stack has the key that stays. */
const tokenLines = (config: Config, generations: Generations): string[] =>
  isDone(config, "serviceAccount") && generations.serviceAccount.length > 0
    ? [`token-kid ${keyIdOf(target("serviceAccount", config, generations))}`]
    : [];

/** What a node is asked before anything is retired: whether a kubeconfig or a pod's token on it needs what goes. */
export const checkPayload = (plan: NodePlan, config: Config, generations: Generations): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    ...(isDone(config, "kubernetes") ? caParts(["kubernetes"], config, generations) : []),
    ...tokenLines(config, generations),
    ...gateLines(config),
  ]);

type Workload = Config["inCluster"]["reload"][number];

/** kubeadm's kube-proxy reads its CA anew since client-go 0.36. */
const KUBE_PROXY: Workload = { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" };

const workloadLine =
  (word: "workload" | "reload") =>
  ({ kind, namespace, name }: Workload): string =>
    `${word} ${kind} ${namespace}/${name}`;

const reloading = (config: Config): readonly Workload[] => {
  const { reload, restart } = config.inCluster;
  const listed = [...reload, ...(restart === "all" ? [] : restart)];
  const knowsKubeProxy = listed.some(({ name, namespace }) => name === "kube-proxy" && namespace === "kube-system");
  return kubernetesMinor(config) >= 36 && !knowsKubeProxy ? [...reload, KUBE_PROXY] : reload;
};

const tasks = (step: ClusterStep, config: Config, managesTokens: boolean): string[] => {
  const { restart } = config.inCluster;
  switch (step) {
    case "trusted":
      return ["cluster-info-add", "root-ca", restart === "all" ? "restart-all" : "restart"];
    case "issued":
      return [
        ...(isDone(config, "kubernetes") ? ["ca-bundles", "pods"] : []),
        ...(isDone(config, "serviceAccount") && managesTokens ? ["tokens"] : []),
      ];
    case "retired":
      return [
        ...(isDone(config, "kubernetes") ? ["cluster-info-exact"] : []),
        ...(isDone(config, "kubernetes") && isDone(config, "frontProxy") ? ["authentication-clean"] : []),
      ];
  }
};

/**
 * What is done in the cluster itself, by the kubectl of one control plane. The step `trusted` prints when the cluster's
 * own copies had the new CA (`since`, unix seconds): pods that began later know it.
 */
export const clusterPayload = (
  step: ClusterStep,
  plan: NodePlan,
  config: Config,
  generations: Generations,
  /** What the step `trusted` printed. */
  published = "",
): string => {
  const { restart } = config.inCluster;
  const admin = plan.known.find(({ content }) => content.kind === "kubeconfig" && content.profile === "admin");
  if (admin === undefined) throw new Error(`${plan.node.name}: its layout has no kubeconfig of an administrator`);
  const authorities = AUTHORITIES.filter(
    (each) => each === "kubernetes" || (each === "frontProxy" && step === "retired"),
  );
  return framed("cluster", [
    `node ${as.name(plan.node.name)}`,
    `kubeconfig ${as.path(admin.path)}`,
    ...caParts(authorities, config, generations),
    ...(step === "issued" ? tokenLines(config, generations) : []),
    ...(step === "issued" ? (/^since [0-9]+$/m.exec(published) ?? []) : []),
    ...tasks(step, config, generations.serviceAccount.length > 0).map((task) => `task ${task}`),
    ...(step === "trusted" && restart !== "all" ? restart.map(workloadLine("workload")) : []),
    ...(step === "retired" ? [] : reloading(config).map(workloadLine("reload"))),
    ...gateLines(config),
  ]);
};

/** Whether a step has anything to do yet. */
export const hasClusterStep = (step: ClusterStep, config: Config): boolean =>
  config.inCluster.enabled && (step === "trusted" || ROTATED.some((what) => isDone(config, what)));
