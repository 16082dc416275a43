/** Checks of `asOf`: one that was left behind keeps every certificate from being renewed, and nothing else would tell. */
import { planClients } from "../../certificates/clients";
import { userLeaf } from "../../certificates/renewAt";
import { mustBe } from "../../format/problem";
import { momentText } from "../../format/x509";
import { planCluster } from "../../plan";
import type { Config } from "../../schema/config";
import type { Check } from "./check";
import { withoutRotation } from "./plannedSans";

interface Due {
  readonly what: string;
  readonly next: Date;
}

/** When each certificate falls due after the moment that is planned for. */
const nextOf = (config: Config, asOf: Date): Due[] => [
  ...planCluster(config, asOf).nodes.flatMap(({ node, leaves }) =>
    leaves.map(({ profile, renewal }) => ({ what: `${node.name} ${profile}`, next: renewal.next })),
  ),
  ...planClients(config, asOf).map(({ name, renewal }) => ({ what: userLeaf(name), next: renewal.next })),
];

export const asOfProblems: Check = ({ sections, began, now, secretsHidden }) => {
  // values of a preview that was made some time ago
  if (sections.asOf === undefined || now >= began || secretsHidden === true) return [];
  const config = withoutRotation(sections, now);
  const overdue = config === undefined ? [] : nextOf(config, now).filter(({ next }) => next <= began);
  const [first] = overdue.sort((a, b) => a.next.getTime() - b.next.getTime());
  if (first === undefined) return [];
  return [
    mustBe(
      "asOf",
      `${momentText(now)}, and ${String(overdue.length)} certificates have fallen due since, the first (${first.what}) ${momentText(first.next)}`,
      "later, because nothing would be renewed",
      "remove it: `pulumi config rm kube-pki:asOf`",
    ),
  ];
};
