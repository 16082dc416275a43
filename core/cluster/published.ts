/** What the cluster itself says of its certificates (`inCluster.publishStatus`): the ConfigMap that core/cluster/tasks/status.ts keeps. */
import { hasReached, isRotating, stateOf } from "../authorities/rotation";
import { ROTATABLE, type Phase, type Rotatable } from "../model/phases";
import type { CertificateRow } from "../report/report";
import type { Config } from "../schema/config";

export const STATUS_CONFIG_MAP = { namespace: "kube-system", name: "kube-pki" } as const;

export interface PublishedStatus {
  /** ISO 8601: from then on an `up` renews something. */
  readonly nextRenewal: string;
  /** ISO 8601: the first certificate on a node ends. */
  readonly notAfter: string;
  readonly rotation: Readonly<Partial<Record<Rotatable, { readonly generation: number; readonly phase: Phase }>>>;
}

export const publishes = ({ inCluster }: Pick<Config, "inCluster">): boolean =>
  inCluster.enabled && inCluster.publishStatus;

/** Whether the phase that is told is reached only when the old CAs are gone from every node. */
export const publishesLast = (config: Config): boolean => isRotating(config) && hasReached(config, "done");

const firstOf = (times: readonly string[]): string => [...times].sort()[0] ?? "";

export const publishedStatus = (config: Config, rows: readonly CertificateRow[]): PublishedStatus => ({
  nextRenewal: firstOf(rows.map(({ nextRenewal }) => nextRenewal)),
  notAfter: firstOf(rows.map(({ notAfter }) => notAfter)),
  rotation: Object.fromEntries(ROTATABLE.map((what) => [what, stateOf(config, what)])),
});
