/** What a rotation of kubeadm's cluster gives to the controller manager. */
import type { RotationFlag } from "../../core/protocol/rotationFlags";

export const SIGNING_FLAGS: readonly RotationFlag[] = ["crt", "key"].map((suffix) => ({
  component: "kube-controller-manager",
  name: `cluster-signing-${suffix === "crt" ? "cert" : "key"}-file`,
  value: `/etc/kubernetes/pki/ca-signing.${suffix}`,
  isAdded: false,
}));
