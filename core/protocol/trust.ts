/**
 * The payloads of the two steps before and after the leaves (docs/node-protocol.md, verb `trust`): `trust` adds what is missing
 * to what a node trusts, `retire` leaves only the target of the rotation. Neither holds a leaf, so a renewal runs neither. While a rotation is open `trust` asks for both generations: a node that is new has one of them only, and one
 * that has removed the old one gets it back when its retirement is undone. Phases `trust` and `issue` ask for the same, so
 * going on from one to the other visits no node.
 */
import { hasPrevious, generationsUpTo, ownTrustedOf, retiresOld, stateOf } from "../authorities/rotation";
import { ROTATABLE, type Rotatable } from "../model/phases";
import type { LeafName } from "../model/profiles";
import { nodeEffects, restartsText, type Effects } from "../nodes/effects";
import { movesSigning, rotationFlags } from "./rotationFlags";
import { profileOf, type Signing } from "../layouts/layout";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { consumerLines, needsLines, readerLines } from "./consumerLines";
import {
  adoptedOf,
  as,
  backupLines,
  fileLine,
  framed,
  haveLines,
  knownLines,
  leafRows,
  part,
  readsLines,
  serverLines,
  trustGenerationPart,
  trustPart,
  trustRows,
  type TrustRow,
  uniqueParts,
  useLines,
} from "./lines";
import { caPart } from "./parts";

export const TRUST_STEPS = ["trust", "retire"] as const;
export type TrustStep = (typeof TRUST_STEPS)[number];

/** The certificates of each authority and the public halves of the token keys, by generation: index 0 is generation 1. */
export type Generations = Readonly<Record<Rotatable, readonly string[]>>;

/** What a step is about: `retire` only of what has reached its last phase. */
export const concerned = (step: TrustStep, config: Config): Rotatable[] =>
  ROTATABLE.filter((what) => step === "trust" || retiresOld(stateOf(config, what)));

/** The generations a step wants to see trusted, as far as the stack knows them, the older first. */
const wanted = (what: Rotatable, config: Config): readonly number[] => ownTrustedOf(stateOf(config, what));

/** Without restarts no service would know the new CA when it is presented: it must be trusted before. */
const mustBeThere = (what: Rotatable, config: Config): boolean =>
  config.restart === "never" && retiresOld(stateOf(config, what));

/**
 * A node that trusts another cluster's CA or token key is refused, and so is one where an earlier rotation has not ended or
 * that would skip a generation: one step from a generation to the next is what every proof here is about. By the clock a
 * run may have missed generations; trust is additive, so coming from an older one is as safe, only not what an operator
 * would intend.
 */
const guardLines = (path: string, what: Rotatable, step: TrustStep, config: Config): string[] => {
  const { generation } = stateOf(config, what);
  const name = trustPart(what);
  if (step === "retire") return [`guard ${path} ${name}`];
  const earlier = generationsUpTo(stateOf(config, what)).slice(0, -1);
  const byClock = config.rotation?.byClock === true;
  const begins = mustBeThere(what, config) ? [] : byClock ? earlier : earlier.slice(-1);
  const pin = generation === 1 && !mustBeThere(what, config) ? adoptedOf(what, config) : undefined;
  if (pin === true) return [];
  return [
    `guard ${path} ${[name, ...begins.map((each) => trustGenerationPart(what, each))].map(as.part).join(",")}`,
    ...(byClock ? [] : earlier.slice(0, -1)).map((each) => `stale ${path} ${as.part(trustGenerationPart(what, each))}`),
    ...(pin === undefined ? [] : [`pin ${path} ${pin}`]),
  ];
};

const seedLines = ({ certificate, key, from }: Signing): string[] => [
  `seed ${as.path(certificate)} 0644 ${as.path(from.certificate)} ${as.path(from.key)}`,
  `seed ${as.path(key)} 0600 ${as.path(from.key)} -`,
];

/** What the services of a control plane are started with from then on, and the files that they then read. */
const flagLines = ({ signing }: NodePlan, config: Config): string[] =>
  signing === undefined
    ? []
    : [
        ...(movesSigning(config) ? seedLines(signing) : []),
        ...rotationFlags(signing, config).map(
          ({ component, name, value, isAdded }) =>
            `${isAdded ? "flag" : "replaceflag"} ${component} --${name}=${value}`,
        ),
      ];

/** The files a step changes: what it concerns and the node has. */
const changedRows = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
) => {
  const parts = new Set(concerned(step, config).map(trustPart));
  return {
    trusted: trustRows(plan, cluster).filter(({ part: name }) => parts.has(name)),
    kubeconfigs: plan.known.filter(({ content }) => content.kind === "kubeconfig" && parts.has(caPart("kubernetes"))),
  };
};

/** Where kubeadm, and tools that name their files as cfssl does, keep the key of a CA: beside its certificate. */
const keyBeside = (certificate: string): string =>
  certificate.replace(/\.crt$/, ".key").replace(/(?<!-key)\.pem$/, "-key.pem");

/** With the CA goes its key, from all nodes: kubeadm would sign with it. */
const retiredKeyLines = (rows: readonly TrustRow[], { rotation }: Config): string[] =>
  rows.flatMap(({ row: { path, content }, part: name }) =>
    content.kind === "ca" && keyBeside(path) !== path
      ? [`retirekey ${as.path(keyBeside(path))} ${as.part(name)} ${rotation?.retiredKeys ?? "keep"}`]
      : [],
  );

const changeOf = (step: TrustStep) => (step === "retire" ? "removal" : "any");

/** Where a step may find something to change; if nothing is rotated, an aborted rotation may have left anything. */
const moving = (config: Config): readonly Rotatable[] => {
  const moved = ROTATABLE.filter((what) => hasPrevious(config, what));
  return moved.length > 0 ? moved : ROTATABLE;
};

/** What a step does to a node's services if it finds something to change. */
export const trustEffects = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
): Effects => {
  const { trusted, kubeconfigs } = changedRows(step, cluster, plan, config);
  const parts = new Set(moving(config).map(trustPart));
  const rows = [
    ...trusted.flatMap(({ row, part: name }) => (parts.has(name) ? [row] : [])),
    ...(parts.has(caPart("kubernetes")) ? kubeconfigs : []),
  ];
  return nodeEffects(rows, plan, config, changeOf(step));
};

/** What a step changes on a node, and which services restart if it finds something to change. */
export const trustSummary = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
): string => {
  const { trusted } = changedRows(step, cluster, plan, config);
  const what = ROTATABLE.filter((each) => trusted.some(({ part: name }) => name === trustPart(each)));
  const targets = what.map((each) => `${each} generation ${String(stateOf(config, each).generation)}`).join(", ");
  const does = step === "trust" ? `adds ${targets} to what it trusts` : `trusts only ${targets}`;
  return `${plan.node.name}: ${does}; where its files change, ${restartsText(trustEffects(step, cluster, plan, config), plan)}`;
};

/** API servers behind a load balancer restart unnoticed if /readyz fails before they stop. */
export const shutdownAdvice = ({ nodes, rollout }: Config): string | undefined =>
  rollout.apiServerShutdownFlags || nodes.filter(({ roles }) => roles.includes("control-plane")).length < 2
    ? undefined
    : "rollout.apiServerShutdownFlags: false; API servers restart one after another, and with true each still answers for " +
      "3 s after its /readyz fails, so that a load balancer stops sending to it first";

/**
 * One node's part in `trust` or `retire`.
 *
 * @param attempt names the rotation under way (components/rotationAttempt.ts), for `retire`: with another name every node is brought to
 * exactly what stays once more
 */
export const trustPayload = (
  step: TrustStep,
  cluster: Pick<ClusterPlan, "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
  generations: Generations,
  attempt?: string,
): string => {
  const { trusted, kubeconfigs } = changedRows(step, cluster, plan, config);
  const here = ROTATABLE.filter((what) => trusted.some(({ part: name }) => name === trustPart(what)));
  const textOf = (what: Rotatable, generation: number) => generations[what][generation - 1] ?? "";
  const target = (what: Rotatable) => {
    const texts = wanted(what, config).map((each) => textOf(what, each).trimEnd());
    return part(trustPart(what), texts.join("\n"));
  };
  const earlier = here.flatMap((what) =>
    generationsUpTo(stateOf(config, what))
      .slice(0, -1)
      .map((each) => part(trustGenerationPart(what, each), textOf(what, each))),
  );
  const provable = leafRows(plan, config);
  const leaves = new Set<LeafName>(provable.flatMap(profileOf));
  const rows = [...trusted.map(({ row }) => row), ...kubeconfigs];
  return framed("trust", [
    `node ${as.name(plan.node.name)}`,
    `start ${plan.start}`,
    ...backupLines(config),
    ...(attempt === undefined ? [] : [`round ${as.name(attempt)}`]),
    ...uniqueParts([...here.map(target), ...earlier]),
    ...here.map((what) => `trust ${trustPart(what)} ${step === "trust" ? "append" : "retire"}`),
    ...knownLines(here, config),
    ...serverLines(kubeconfigs, plan, config),
    ...trusted.map(({ row }) => fileLine(row)),
    ...kubeconfigs.map(({ path }) => `kubeconfig-ca ${as.path(path)} ${caPart("kubernetes")}`),
    ...(step === "trust" ? flagLines(plan, config) : retiredKeyLines(trusted, config)),
    ...here.flatMap((what) =>
      trusted
        .filter(({ part: name }) => name === trustPart(what))
        .flatMap(({ row }) => guardLines(as.path(row.path), what, step, config)),
    ),
    ...haveLines(provable, here, config),
    ...rows.flatMap((row) => [...useLines(row, plan, config, changeOf(step)), ...readsLines(row, plan, config)]),
    ...consumerLines(plan, config, leaves),
    ...readerLines(plan, config, leaves),
    ...needsLines(plan, config),
  ]);
};
