/** Checks of `inCluster.workers`: what the API server would refuse in the middle of a rotation. */
import { LAYOUT_NAMES, LAYOUTS } from "../../layouts";
import { controllerSigner } from "../../authorities/controllerSigner";
import { isAdopted } from "../../authorities/rotation";
import { backendsOf } from "../normalise";
import type { Check } from "./check";

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
  if (layout !== undefined && !LAYOUTS[layout].signsForKubelets)
    problems.push(
      `inCluster.workers: given with layout ${layout}, where nothing signs a kubelet's certificate; ` +
        `allowed is layout ${LAYOUT_NAMES.filter((name) => LAYOUTS[name].signsForKubelets).join(" or ")}: list every node under nodes`,
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
