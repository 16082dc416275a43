/**
 * Which consumers lead by a lease that they keep when they are told to end. A node gives such a lease back, so that a
 * standby need not wait until it has run out. kube-scheduler is not among them: it releases its own whenever it is ended
 * by SIGTERM, which is how every restart of ours begins.
 */
import { hostPort } from "./addresses";
import type { Config, NodeConfig } from "./config";
import type { ProfileName } from "./profileNames";
import type { ConsumerName } from "./reload";

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
export const leaseServers = (node: NodeConfig, config: Config): string[] => [
  ...new Set([hostPort(node.address, 6443), config.cluster.endpoint]),
];
