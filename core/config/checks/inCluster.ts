/** Checks of `inCluster`: an object named twice would be changed by two resources that undo each other. */
import { mustBe } from "../../format/problem";
import type { Sections } from "../../schema/sections";
import { exactlyOne, repeated } from "../problems";
import type { Check } from "./check";

type InCluster = Sections["inCluster"];
type Entry = InCluster["reload"][number] | InCluster["caBundles"][number];

const nameOf = (entry: Entry): string =>
  "namespace" in entry ? `${entry.kind} ${entry.namespace}/${entry.name}` : `${entry.kind} ${entry.name}`;

const twice = (field: string, entries: readonly Entry[]): string[] => {
  const names = entries.map(nameOf);
  return repeated(names, (index, first) =>
    mustBe(
      `inCluster.${field}[${String(index)}]`,
      `${names[index] ?? ""} is inCluster.${field}[${String(first)}] too`,
      "listed once",
    ),
  );
};

export const inClusterProblems: Check = ({ sections: { inCluster } }) => {
  if (inCluster === undefined) return [];
  const { reload, caBundles, user } = inCluster;
  const restart = inCluster.restart === "all" ? [] : inCluster.restart;
  const restarted = new Set(restart.map(nameOf));
  const both = reload.flatMap((workload, index) =>
    restarted.has(nameOf(workload))
      ? [
          mustBe(
            `inCluster.reload[${String(index)}]`,
            `${nameOf(workload)} is in inCluster.restart too`,
            "in one of the two",
            "a workload that reloads needs no restart",
          ),
        ]
      : [],
  );
  const unclear =
    user === undefined
      ? []
      : exactlyOne("inCluster.user", ["tokenFile", "exec"], [user.tokenFile !== undefined, user.exec !== undefined]);
  return [
    ...unclear,
    ...twice("restart", restart),
    ...twice("reload", reload),
    ...both,
    ...twice("caBundles", caBundles),
  ];
};
