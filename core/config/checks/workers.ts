/** Checks of `inCluster.workers`: what the API server would refuse in the middle of a rotation. */
import { LAYOUT_NAMES, LAYOUTS } from "../../layouts";
import { csrSignerOf } from "../../authorities/csrSigner";
import { isAdopted } from "../../authorities/rotation";
import { mustBe } from "../../format/problem";
import { backendsOf } from "../normalise";
import type { Check } from "./check";

/** What the API server would refuse in the middle of a rotation. */
export const workersProblems: Check = ({ sections: { inCluster, layout, authority, adopt } }) => {
  const workers = inCluster?.workers;
  if (workers === undefined) return [];
  const problems = [];
  if (inCluster?.enabled === false)
    problems.push(
      mustBe(
        "inCluster.workers",
        "given with inCluster.enabled: false",
        "used with inCluster.enabled: true, because these nodes are reached through the cluster",
        "set that, or leave it out",
      ),
    );
  if (layout !== undefined && !LAYOUTS[layout].signsForKubelets)
    problems.push(
      mustBe(
        "inCluster.workers",
        `given with layout ${layout}, where no component signs certificates for kubelets`,
        `used with layout ${LAYOUT_NAMES.filter((name) => LAYOUTS[name].signsForKubelets).join(" or ")}`,
        "leave it out, and list every node under nodes",
      ),
    );
  // an intermediate of one control plane is removed with it, and those kubelets could not be updated
  const signer =
    authority &&
    csrSignerOf(backendsOf(authority, "kubernetes"), authority.csrSigner, isAdopted({ adopt }, "kubernetes"));
  if (signer !== undefined && signer !== "state")
    problems.push(
      mustBe(
        "inCluster.workers",
        `given with authority.csrSigner: ${signer}`,
        "used with authority.csrSigner: state, because these kubelets get their certificates from kube-controller-manager",
        "set that, or list every node under nodes",
      ),
    );
  (workers.tolerations ?? []).forEach(({ operator, key, value }, index) => {
    const at = `inCluster.workers.tolerations[${String(index)}]`;
    if (operator === "Exists" && value !== undefined)
      problems.push(
        mustBe(`${at}.value`, `${JSON.stringify(value)} with operator Exists`, "left out", "or set operator: Equal"),
      );
    if (operator === "Equal" && key === undefined)
      problems.push(
        mustBe(`${at}.key`, "missing with operator Equal", "the key of a taint", "or set operator: Exists"),
      );
  });
  return problems;
};
