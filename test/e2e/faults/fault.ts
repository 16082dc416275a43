/** What goes wrong around a run that renews everything, and what the run has to do about it. */
import type { Run } from "../scenario";

export interface Moment {
  readonly run: Run;
  /** Pulumi's process; 0 before it runs. */
  readonly pid: number;
}

/** Ends what went wrong. */
export type Mend = () => Promise<void>;

/** Beside each: in how many seconds the run ends at most. A run of stubs that nothing goes wrong in takes about 50. */
export type Outcome =
  | { readonly is: "passes"; readonly within: number }
  | {
      readonly is: "fails";
      readonly within: number;
      /** What it says: the node or the cause. */
      readonly says: RegExp;
      /** Whether files of nodes may be others afterwards. */
      readonly touches: boolean;
    };

export interface Fault {
  readonly name: string;
  /** Where pulumi tells that a resource begins or ends, such as `kube-pki-w1-apply updating`. @default before the run */
  readonly at?: RegExp;
  readonly happen: (moment: Moment) => Promise<Mend>;
  /** Over by itself after so many seconds. @default when the run has ended */
  readonly lasts?: number;
  readonly outcome: Outcome;
  /** Kinds of failure that the components themselves have from it (tools/stub/record.go). @default none */
  readonly allowed?: readonly string[];
}

export const secondsSince = (began: number): number => (Date.now() - began) / 1000;

/** Where the step that lays certificates on a node begins. */
export const applyOf = (node: string): RegExp => new RegExp(`-${node}-apply (updat|creat|replac)ing$`);
