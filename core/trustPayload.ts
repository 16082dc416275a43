/**
 * The payloads of the two steps around the leaves (docs/node-protocol.md, verb `trust`): `trust` adds the CA a rotation
 * leads to beside whatever a node trusts, `retire` leaves nothing but it. Neither holds a leaf, so a renewal runs neither,
 * and both stay the same over the phases of one generation: going on to the next phase visits no node twice.
 */
import { AUTHORITIES, caGenerationPart, caPart, type AuthorityName } from "./authorities";
import type { Config } from "./config";
import { nodeEffects } from "./effects";
import {
  as,
  consumerLines,
  fileLine,
  framed,
  haveLines,
  leafRows,
  part,
  profileOf,
  trustRows,
  uniqueParts,
  useLines,
} from "./payloadLines";
import type { ClusterPlan, NodePlan } from "./plan";
import type { ProfileName } from "./profileNames";
import type { ConsumerName, Need } from "./reload";
import { isAdopted, keptOf, ROTATED, stateOf, type Rotated } from "./rotation";
import { hasSigner } from "./vault";

export const TRUST_STEPS = ["trust", "retire"] as const;
export type TrustStep = (typeof TRUST_STEPS)[number];

/** The certificates of each authority and the public halves of the token keys, by generation: index 0 is generation 1. */
export type Generations = Readonly<Record<Rotated, readonly string[]>>;

const SERVICE_ACCOUNT_PART = "serviceaccount:public";

const partOf = (what: Rotated): string => (what === "serviceAccount" ? SERVICE_ACCOUNT_PART : caPart(what));

/** What a step is about: `retire` only of what has reached its last phase. */
export const concerned = (step: TrustStep, config: Config): Rotated[] =>
  ROTATED.filter((what) => step === "trust" || stateOf(config, what).phase === "done");

/**
 * A node that trusts another cluster's CA is refused, and so is one where an earlier rotation has not ended: one step from
 * a generation to the next is what every proof here is about. By the clock a run may have missed generations; trust is
 * additive, so coming from an older one is as safe, only not what a person would mean.
 */
const guardLines = (path: string, authority: AuthorityName, step: TrustStep, config: Config): string[] => {
  const { generation } = stateOf(config, authority);
  const name = caPart(authority);
  if (step === "retire") return [`guard ${path} ${name}`];
  const earlier = keptOf(stateOf(config, authority)).slice(0, -1);
  const byClock = config.rotation?.byClock === true;
  const from = byClock ? earlier : earlier.slice(-1);
  const pin = generation === 1 ? config.adopt?.[authority] : undefined;
  return [
    `guard ${path} ${[name, ...from.map((each) => caGenerationPart(authority, each))].map(as.part).join(",")}`,
    ...earlier
      .filter((each) => !from.includes(each))
      .map((each) => `stale ${path} ${as.part(caGenerationPart(authority, each))}`),
    ...(pin === undefined ? [] : [`pin ${path} ${pin}`]),
  ];
};

/** Whether ca.crt comes to hold two certificates. */
const changes = (config: Config): boolean =>
  stateOf(config, "kubernetes").generation > 1 || isAdopted(config, "kubernetes");

/** The controller manager gets its own signing files before ca.crt holds two certificates. */
const signingLines = ({ signing }: NodePlan, config: Config): string[] =>
  signing === undefined || !changes(config) || !hasSigner(config)
    ? []
    : [
        `seed ${as.path(signing.certificate)} 0644 ${as.path(signing.from.certificate)}`,
        `seed ${as.path(signing.key)} 0600 ${as.path(signing.from.key)}`,
        `replaceflag kube-controller-manager --cluster-signing-cert-file=${signing.certificate}`,
        `replaceflag kube-controller-manager --cluster-signing-key-file=${signing.key}`,
      ];

/** Shorter goodbyes: seen with 0 failed requests behind a balancer; they act from the restart after this one. */
const SHUTDOWN_FLAGS = ["--shutdown-delay-duration=3s", "--shutdown-watch-termination-grace-period=3s"];

const flagLines = (plan: NodePlan, config: Config): string[] =>
  config.rollout.apiServerShutdownFlags && plan.signing !== undefined
    ? SHUTDOWN_FLAGS.map((flag) => `flag kube-apiserver ${flag}`)
    : [];

/** The files a step changes: what it concerns and the node has. */
const changedRows = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
) => {
  const wanted = new Set(concerned(step, config).map(partOf));
  return {
    trusted: trustRows(plan, cluster).filter(({ part: name }) => wanted.has(name)),
    kubeconfigs: plan.known.filter(({ content }) => content.kind === "kubeconfig" && wanted.has(caPart("kubernetes"))),
  };
};

const changeOf = (step: TrustStep) => (step === "retire" ? "removal" : "any");

/** What a step does to a node's services where it finds something to change. */
export const trustEffects = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
): Map<ConsumerName, Need> => {
  const { trusted, kubeconfigs } = changedRows(step, cluster, plan, config);
  return nodeEffects([...trusted.map(({ row }) => row), ...kubeconfigs], plan, config, changeOf(step));
};

/** One node's part in `trust` or `retire`. */
export const trustPayload = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "start" | "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
  generations: Generations,
): string => {
  const { trusted, kubeconfigs } = changedRows(step, cluster, plan, config);
  const here = ROTATED.filter((what) => trusted.some(({ part: name }) => name === partOf(what)));
  const textOf = (what: Rotated, generation: number) => generations[what][generation - 1] ?? "";
  const target = (what: Rotated) => part(partOf(what), textOf(what, stateOf(config, what).generation));
  const earlier = AUTHORITIES.filter((authority) => step === "trust" && here.includes(authority)).flatMap((authority) =>
    keptOf(stateOf(config, authority))
      .slice(0, -1)
      .map((each) => part(caGenerationPart(authority, each), textOf(authority, each))),
  );
  const provable = leafRows(plan, config);
  const leaves = new Set<ProfileName>(provable.flatMap(profileOf));
  const rows = [...trusted.map(({ row }) => row), ...kubeconfigs];
  return framed("trust", [
    `node ${as.name(plan.node.name)}`,
    `start ${cluster.start}`,
    ...uniqueParts([...here.map(target), ...earlier]),
    ...here.map((what) => `trust ${partOf(what)} ${step === "trust" ? "append" : "exact"}`),
    ...trusted.map(({ row }) => fileLine(row)),
    ...kubeconfigs.map(({ path }) => `kubeconfig-ca ${as.path(path)} ${caPart("kubernetes")}`),
    ...(step === "trust" ? [...signingLines(plan, config), ...flagLines(plan, config)] : []),
    ...AUTHORITIES.filter((authority) => here.includes(authority)).flatMap((authority) =>
      trusted
        .filter(({ part: name }) => name === caPart(authority))
        .flatMap(({ row }) => guardLines(as.path(row.path), authority, step, config)),
    ),
    ...haveLines(provable, here),
    ...rows.flatMap((row) => useLines(row, plan, config, changeOf(step))),
    ...consumerLines(plan, config, leaves),
  ]);
};
