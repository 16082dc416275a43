/** A controller manager that was told of a CA for single signers of certificates only (`--cluster-signing-kubelet-client-cert-file`). */
import type { Survey } from "../survey/model";
import { componentOf } from "./visits";

const OPTION = /^cluster-signing-(?!cert-file$|key-file$|duration$)[a-z-]+-(?:cert|key)-file$/;

/**
 * A rotation gives it `--cluster-signing-cert-file`, and it does not start with both
 * (kubernetes/kubernetes cmd/kube-controller-manager/app/options/csrsigningcontroller.go). Undefined: it has none of them.
 */
export const singleSigners = (survey: Survey): string | undefined => {
  const options = componentOf(survey, "kube-controller-manager")?.options.map(({ name }) => name) ?? [];
  const own = options.filter((name) => OPTION.test(name));
  return own.length === 0
    ? undefined
    : `kube-controller-manager has options of single signers (--${own.join(", --")}), beside which no rotation can give it ` +
        "--cluster-signing-cert-file: start it with --cluster-signing-cert-file and --cluster-signing-key-file in their place";
};
