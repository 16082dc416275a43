/**
 * The consumers that do not release their leader election lease on SIGTERM. The node gives it back, so that a standby need not
 * wait until it expires. kube-scheduler is not among them: it releases its own within a second of SIGTERM, with which each of
 * our restarts begins. If it exits because its API server was down for too long, the lease has expired already: that depends
 * on how long an API server takes to restart.
 */
import type { ProfileName } from "../model/profiles";
import type { ConsumerName } from "../model/reload";
import { listensAt, type ServiceNode } from "./proofs";

export interface Lease {
  readonly consumer: ConsumerName;
  /** `<namespace>/<name>` of the Lease. */
  readonly lease: string;
  /** May read and write it. */
  readonly profile: ProfileName;
}

export const LEASES: readonly Lease[] = [
  {
    consumer: "kube-controller-manager",
    lease: "kube-system/kube-controller-manager",
    profile: "controller-manager",
  },
];

/** Where a node reaches a lease: at its own API server; while that one restarts, at those of other nodes. */
export const leaseServers = ({ node, config, listeners }: Omit<ServiceNode, "services" | "leafOf">): string[] => [
  ...new Set([listensAt(listeners.apiServer, node), config.cluster.endpoint]),
];
