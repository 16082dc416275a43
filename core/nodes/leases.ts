/**
 * Which consumers lead by a lease that they keep when they are told to end. A node gives it back, so that a standby need not
 * wait until it has run out. kube-scheduler is not among them: it releases its own within a second of a SIGTERM, with which
 * each restart of ours begins. Where it ends because its API server was away for too long it does so too late for anybody to
 * give back anything: that is a matter of how long an API server takes to restart.
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
export const leaseServers = ({ node, config, listeners }: Omit<ServiceNode, "services">): string[] => [
  ...new Set([listensAt(listeners.apiServer, node), config.cluster.endpoint]),
];
