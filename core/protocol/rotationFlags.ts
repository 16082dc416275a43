/**
 * Options that a rotation gives to services of a control plane: each node's script puts them into manifest or unit
 * (core/protocol/trust.ts), and where kubeadm writes the manifests its configuration gets them too
 * (core/cluster/tasks/kubeadmConfig.ts), or the next upgrade would take them away.
 */
import { hasCsrSigner } from "../authorities/csrSigner";
import { isAdopted, stateOf } from "../authorities/rotation";
import type { Signing } from "../layouts/layout";
import type { Config } from "../schema/config";

export interface RotationFlag {
  readonly component: "kube-apiserver" | "kube-controller-manager";
  /** Without `--`. */
  readonly name: string;
  readonly value: string;
  /** Whether a service that does not have it gets it; else only its value changes. */
  readonly isAdded: boolean;
}

/** Whether ca.crt comes to hold two certificates. */
const changes = (config: Config): boolean =>
  stateOf(config, "kubernetes").generation > 1 || isAdopted(config, "kubernetes");

/** Whether the controller manager signs with files of its own from then on. */
export const movesSigning = (config: Config): boolean => changes(config) && hasCsrSigner(config);

/** Before ca.crt holds two certificates the controller manager gets signing files of its own, or stops signing. */
const signingFlags = ({ certificate, key }: Signing, config: Config): readonly RotationFlag[] => {
  const stops = changes(config) && config.authority.csrSigner === "none";
  if (!stops && !movesSigning(config)) return [];
  return (["cert", "key"] as const).map((half) => ({
    component: "kube-controller-manager",
    name: `cluster-signing-${half}-file`,
    value: stops ? "" : half === "cert" ? certificate : key,
    isAdded: false,
  }));
};

/** A graceful shutdown: measured with 0 failed requests behind a load balancer; effective from the restart after this one. */
const shutdownFlags = ({ rollout }: Config): readonly RotationFlag[] =>
  rollout.apiServerShutdownFlags
    ? ["shutdown-delay-duration", "shutdown-watch-termination-grace-period"].map((name) => ({
        component: "kube-apiserver",
        name,
        value: "3s",
        isAdded: true,
      }))
    : [];

export const rotationFlags = (signing: Signing, config: Config): readonly RotationFlag[] => [
  ...signingFlags(signing, config),
  ...shutdownFlags(config),
];
