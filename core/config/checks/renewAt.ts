/** Checks of `certificates.renewAt`: whoever asks for a certificate that there is not would wait for it in vain. */
import { NO_NODE, userLeaf } from "../../certificates/renewAt";
import { mustBe } from "../../format/problem";
import { profileOf } from "../../layouts/layout";
import { ADMIN, ownName } from "../../model/profiles";
import { planCluster } from "../../plan";
import type { Config } from "../../schema/config";
import { pathText } from "../problems";
import type { Check } from "./check";
import { withoutRotation } from "./plannedSans";

const REMOVE = "or remove the entry";

/** Of the cluster, whichever authority signs now. */
const onNoNode = ({ users, certificates }: Config): readonly string[] => [
  ...[ADMIN, ...users.map(({ name }) => name)].map(userLeaf),
  ...Object.entries(certificates.own).flatMap(([name, { secret }]) => (secret === undefined ? [] : [ownName(name)])),
];

const heldBy = (config: Config, now: Date): ReadonlyMap<string, readonly string[]> =>
  new Map([
    ...planCluster(config, now).nodes.map(
      ({ node, known }) => [node.name, [...new Set<string>(known.flatMap(profileOf))]] as const,
    ),
    [NO_NODE, onNoNode(config)],
  ]);

export const renewAtProblems: Check = ({ sections, now }) => {
  const asked = Object.entries(sections.certificates?.renewAt ?? {});
  const config = asked.length === 0 ? undefined : withoutRotation(sections, now);
  if (config === undefined) return [];
  const held = heldBy(config, now);
  return asked.flatMap(([node, certificates]) => {
    const path = ["certificates", "renewAt", node];
    const known = held.get(node);
    if (known === undefined)
      return [mustBe(pathText(path), "no node of this name", "the name of a node, or - for what is on none", REMOVE)];
    return Object.keys(certificates)
      .filter((name) => !known.includes(name))
      .map((name) =>
        mustBe(
          pathText([...path, name]),
          node === NO_NODE ? "not there" : `not on ${node}`,
          known.length === 0 ? "left out" : `one of ${known.join(", ")}`,
          REMOVE,
        ),
      );
  });
};
