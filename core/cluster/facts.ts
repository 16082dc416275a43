/** What steps are told beside the configuration. */
export interface Facts {
  /** The CA of kubernetes that stays, PEM: all that a client of an API server needs. */
  readonly ca: string;
  /** That CA with what signs for it, PEM: all that an API server needs. */
  readonly final: string;
  /** All CAs of kubernetes that are trusted while it is rotated, PEM. */
  readonly rotating: string;
  /** The CAs of kubernetes that go, PEM. */
  readonly old: string;
  /** The CA of the front proxy that stays, PEM. */
  readonly frontProxy: string;
  /** Key id of the service account key that stays. */
  readonly tokenKid: string;
  /** When the last namespace got the CA that stays, unix seconds. */
  readonly since: string;
  /** What is done on nodes that no ssh reaches, as lines (core/cluster/workers.ts). */
  readonly workersTrust: string;
  readonly workersIssue: string;
  readonly workersRetire: string;
}
export type Fact = keyof Facts;
