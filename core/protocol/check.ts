/**
 * What all nodes are asked at once, without a change (docs/node-protocol.md, verb `check`): whether their pods have the new CA
 * before any server has a certificate of it, and whether anything on them still needs what is about to be retired.
 */
import { hasPrevious, seeksOld, stateOf } from "../authorities/rotation";
import type { AuthorityName } from "../model/authorities";
import type { Rotatable } from "../model/phases";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { gateLine, as, framed, part } from "./lines";
import type { OtherCas } from "./otherCas";
import { caPart, oldCaPart } from "./parts";

/** What nodes are asked about: texts of the kubernetes authority, PEM (core/cluster/facts.ts), and a key id. */
export interface CheckedFacts {
  readonly ca: string;
  readonly final: string;
  /** Empty where the stack does not know it. */
  readonly old: string;
  readonly others: readonly OtherCas[];
  /** Undefined where the stack does not manage the key. */
  readonly tokenKid: string | undefined;
}

const isSought = (config: Config, what: Rotatable): boolean => seeksOld(stateOf(config, what));

const oldPart = (authority: AuthorityName, old: string): string[] =>
  old.trim() === "" ? [] : part(oldCaPart(authority), old);

export const oldCaLines = ({ old }: Pick<CheckedFacts, "old">): string[] => oldPart("kubernetes", old);

/** If the stack works in the cluster, it also checks that pods have got the new CA. */
const looksAtMounts = (config: Config): boolean => config.inCluster.enabled && hasPrevious(config, "kubernetes");

const mountedLines = (config: Config, { ca }: CheckedFacts): string[] =>
  looksAtMounts(config) ? part("mounted:kubernetes", ca) : [];

/** Between `trust` and `issue`. */
export const mountsPayload = (plan: NodePlan, config: Config, known: CheckedFacts): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    ...mountedLines(config, known),
    ...oldCaLines(known),
    gateLine("scan", config),
  ]);

/** Before anything is retired; the mounts are checked again, because pods may have been created since. */
export const checkPayload = (plan: NodePlan, config: Config, known: CheckedFacts): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    ...(isSought(config, "kubernetes")
      ? [...part(caPart("kubernetes"), known.final), ...mountedLines(config, known), ...oldCaLines(known)]
      : []),
    ...known.others.flatMap(({ authority, ca, old }) => [...part(caPart(authority), ca), ...oldPart(authority, old)]),
    ...(isSought(config, "serviceAccount") && known.tokenKid !== undefined
      ? [`token-kid ${as.keyId(known.tokenKid)}`]
      : []),
    gateLine("scan", config),
    gateLine("tokens", config),
  ]);
