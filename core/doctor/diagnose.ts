/** What is wrong with the PKI of these nodes, the most urgent first. */
import type { Survey } from "../survey/model";
import { viewsOf, type Cluster, type StackView, type Unreached } from "./cluster";
import { URGENCIES, type Finding } from "./finding";
import { CHECKS } from "./table";
import { DAY_MS } from "./words";

export interface Circumstances {
  /** @default 30 days */
  readonly withinSeconds?: number;
  readonly stack?: StackView;
  readonly unreached?: readonly Unreached[];
}

export const WITHIN_SECONDS = (30 * DAY_MS) / 1000;

export const clusterOf = (surveys: readonly Survey[], now: Date, given: Circumstances = {}): Cluster => {
  const facts = surveys.find(({ cluster }) => cluster?.kubeadm !== undefined) ?? surveys.find(({ cluster }) => cluster);
  return {
    nodes: viewsOf(surveys),
    now,
    withinSeconds: given.withinSeconds ?? WITHIN_SECONDS,
    unreached: given.unreached ?? [],
    ...(facts?.cluster && { facts: facts.cluster }),
    ...(given.stack && { stack: given.stack }),
  };
};

/** What is most urgent first; of the same urgency by check, and what ends first first. */
export function diagnose(surveys: readonly Survey[], now: Date, given: Circumstances = {}): Finding[] {
  const cluster = clusterOf(surveys, now, given);
  const found = CHECKS.flatMap(({ id, look }) => look(cluster).map((issue): Finding => ({ check: id, ...issue })));
  const order = ({ urgency }: Finding): number => URGENCIES.indexOf(urgency);
  const rank = new Map(CHECKS.map(({ id }, index) => [id, index]));
  const rankOf = ({ check }: Finding): number => rank.get(check) ?? 0;
  return found.sort((a, b) => order(a) - order(b) || rankOf(a) - rankOf(b) || (a.at ?? "").localeCompare(b.at ?? ""));
}
