/** Checks of `inCluster`: an object named twice would be changed by two resources that undo each other. */
import { controllerSigner } from "../backends";
import { isAdopted } from "../rotation";
import type { Check } from "./check";
import { backendsOf } from "./normalise";
import { exactlyOne, repeated } from "./problems";
import type { Sections } from "./schema";

type InCluster = Sections["inCluster"];
type Entry = InCluster["reload"][number] | InCluster["caBundles"][number];

const nameOf = (entry: Entry): string =>
  "namespace" in entry ? `${entry.kind} ${entry.namespace}/${entry.name}` : `${entry.kind} ${entry.name}`;

const twice = (field: string, entries: readonly Entry[]): string[] => {
  const names = entries.map(nameOf);
  return repeated(
    names,
    (index, first) =>
      `inCluster.${field}[${String(index)}]: ${names[index] ?? ""} is inCluster.${field}[${String(first)}] too; ` +
      "allowed is each once",
  );
};

/** What the API server would refuse in the middle of a rotation. */
export const workersProblems: Check = ({ sections: { inCluster, layout, authority, adopt } }) => {
  const workers = inCluster?.workers;
  if (workers === undefined) return [];
  const problems = [];
  if (inCluster?.enabled === false)
    problems.push(
      "inCluster.workers: given with inCluster.enabled: false; allowed is one of them: " +
        "nodes without ssh are reached through the cluster",
    );
  if (layout === "hardway")
    problems.push(
      "inCluster.workers: given with layout hardway, where nothing signs a kubelet's certificate; " +
        "allowed is layout kubeadm: list every node under nodes",
    );
  // a signer of one control plane goes with it, and nobody could tell those kubelets
  const backends = authority && backendsOf(authority, "kubernetes");
  if (backends && controllerSigner(backends, authority.signer, isAdopted({ adopt }, "kubernetes")) !== "state")
    problems.push(
      "inCluster.workers: given, but nothing signs their kubelets' certificates for good; with the kubernetes CA in " +
        "Vault give authority.signer: state too, or list every node under nodes",
    );
  (workers.tolerations ?? []).forEach(({ operator, key, value }, index) => {
    const at = `inCluster.workers.tolerations[${String(index)}]`;
    if (operator === "Exists" && value !== undefined)
      problems.push(`${at}.value: ${JSON.stringify(value)} with operator Exists; allowed is none, or operator Equal`);
    if (operator === "Equal" && key === undefined)
      problems.push(`${at}.key: missing with operator Equal; allowed is the key of a taint, or operator Exists`);
  });
  return problems;
};

export const inClusterProblems: Check = ({ sections: { inCluster } }) => {
  if (inCluster === undefined) return [];
  const { reload, caBundles, user } = inCluster;
  const restart = inCluster.restart === "all" ? [] : inCluster.restart;
  const restarted = new Set(restart.map(nameOf));
  const both = reload.flatMap((workload, index) =>
    restarted.has(nameOf(workload))
      ? [
          `inCluster.reload[${String(index)}]: ${nameOf(workload)} is in inCluster.restart too; ` +
            "allowed is one of them: what reloads needs no restart",
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
