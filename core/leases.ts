/**
 * Which consumers lead by a lease that they may leave behind. A node gives it back, so that a standby need not wait until
 * it has run out. kube-controller-manager never releases its own (up to 1.36); kube-scheduler does when it is told to end,
 * but not where it ends because its API server is away for longer than it may lead without it (10 s).
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
  { consumer: "kube-scheduler", lease: "kube-system/kube-scheduler", profile: "scheduler" },
];

/** Where a node reaches a lease: at its own API server; while that one restarts, at those of other nodes. */
export const leaseServers = (node: NodeConfig, config: Config): string[] => [
  ...new Set([hostPort(node.address, 6443), config.cluster.endpoint]),
];
