/** Checks of `inCluster.approveKubeletServing`: where nobody would ask, or nobody would sign. */
import { csrSignerOf } from "../../authorities/csrSigner";
import { isAdopted } from "../../authorities/rotation";
import { LAYOUT_NAMES, LAYOUTS } from "../../layouts";
import { fieldsOf } from "../../model/profiles";
import { mustBe } from "../../format/problem";
import { backendsOf } from "../normalise";
import { pathText } from "../problems";
import type { Check } from "./check";

const FIELD = "inCluster.approveKubeletServing";

export const kubeletServingProblems: Check = ({ sections: { inCluster, layout, certificates, authority, adopt } }) => {
  if (inCluster?.approveKubeletServing !== true) return [];
  const problems = [];
  const signer =
    authority &&
    csrSignerOf(backendsOf(authority, "kubernetes"), authority.csrSigner, isAdopted({ adopt }, "kubernetes"));
  if (!inCluster.enabled)
    problems.push(
      mustBe(
        FIELD,
        "true with inCluster.enabled: false",
        "used with inCluster.enabled: true",
        "set that, or leave it out",
      ),
    );
  if (layout !== undefined && !LAYOUTS[layout].signsForKubelets)
    problems.push(
      mustBe(
        FIELD,
        `true with layout ${layout}, where no component signs certificates for kubelets`,
        `used with layout ${LAYOUT_NAMES.filter((name) => LAYOUTS[name].signsForKubelets).join(" or ")}`,
        "leave it out: the stack issues kubelet-server there",
      ),
    );
  else if (signer === "none")
    problems.push(
      mustBe(
        FIELD,
        "true with authority.csrSigner: none, where nothing in the cluster signs what is approved",
        "used with a CSR signer",
        "set authority.csrSigner: state or node, or leave it out",
      ),
    );
  else if (certificates !== undefined && certificates.profiles["kubelet-server"]?.enabled !== false)
    problems.push(
      mustBe(
        FIELD,
        "true while the stack issues kubelet-server itself",
        "used for kubelets with serverTLSBootstrap: true, which read no certificate of the stack",
        `set ${pathText([...fieldsOf("kubelet-server"), "enabled"])}: false, or leave it out`,
      ),
    );
  return problems;
};
