import type { OtherCas } from "../protocol/otherCas";
import type { WorkersJob } from "./job";
import type { HeldJob } from "./own";
import type { PublishedStatus } from "./published";

/** Inputs of steps besides the configuration. */
export interface Facts {
  /** The kubernetes CA that is trusted after the rotation, PEM: all that a client of an API server needs. */
  readonly ca: string;
  /** That CA with its CSR signers, PEM: all that an API server needs. */
  readonly final: string;
  /** All kubernetes CAs that are trusted during the rotation, PEM. */
  readonly rotating: string;
  /** The kubernetes CAs that are retired, PEM. */
  readonly old: string;
  /** Of etcd and of the front proxy, where what needs their old CAs is looked for. */
  readonly others: readonly OtherCas[];
  /** The front proxy CA that is trusted after the rotation, PEM. */
  readonly frontProxy: string;
  /** Key id of the service account key that signs after the rotation. */
  readonly tokenKid: string;
  /** When the last namespace got the new CA, unix seconds. */
  readonly since: number;
  /** What nodes without ssh do (core/cluster/workers.ts). */
  readonly workersTrust: WorkersJob;
  readonly workersIssue: WorkersJob;
  readonly workersRetire: WorkersJob;
  /** Certificates of the user's own in the cluster (core/cluster/own.ts). */
  readonly ownTrust: readonly HeldJob[];
  readonly ownIssue: readonly HeldJob[];
  readonly ownRetire: readonly HeldJob[];
  /** What the cluster is to say of its certificates. */
  readonly status: PublishedStatus;
}
export type Fact = keyof Facts;
