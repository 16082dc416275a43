/** What an invariant is asked of: a node before a step, and at some moment since. */
import type { Sending } from "./body";
import type { Flagged } from "./case";
import { ENVIRONMENT_FILE, MANIFEST_PATH, UNIT_PATH } from "./flagForms";
import { CURRENT, PATHS } from "./layout";
import type { Run, StormNode } from "./node";
import type { Note } from "./notes";
import type { Snapshot } from "./snapshot";

/**
 * killed: as a power cut leaves it. recovered: by the next boot, or by the half that lived. refused, done: at the end of a
 * run. again: at the end of a second one.
 */
export type Kind = "killed" | "recovered" | "refused" | "done" | "again";

export interface Moment {
  readonly kind: Kind;
  readonly node: StormNode;
  readonly sending: Sending;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly run: Run;
  /** What lay in the state folder at the beginning. */
  readonly found: readonly string[];
  /** What was noted before the run. */
  readonly noted: Note;
  readonly flagged: Flagged | undefined;
  /** Nothing is odd about the node or the payload. */
  readonly sane: boolean;
}

export interface Invariant {
  readonly name: string;
  readonly at: readonly Kind[];
  /** What is wrong; undefined: nothing. */
  readonly check: (moment: Moment) => string | undefined;
}

export const EVER: readonly Kind[] = ["killed", "recovered", "refused", "done", "again"];
/** Whenever nothing of the script runs any more and nothing waits for a boot. */
export const ENDED: readonly Kind[] = ["recovered", "refused", "done", "again"];

/** Paths that a payload of the storm has to do with. */
const OURS = new Set<string>([...PATHS, CURRENT, ENVIRONMENT_FILE, MANIFEST_PATH, UNIT_PATH]);
export const isOurs = (path: string): boolean => OURS.has(path);

/** Of a name that a transaction gives to what lies beside a file: that file. */
export const besideOf = (path: string): string | undefined => {
  const [, folder, name] = /^(.*\/)\.kube-pki\.([^/]+)\.(?:new|old)$/.exec(path) ?? [];
  return folder === undefined || name === undefined ? undefined : folder + name;
};

/** The first that has something to say. */
export const first = <T>(all: Iterable<T>, say: (each: T) => string | undefined): string | undefined => {
  for (const each of all) {
    const said = say(each);
    if (said !== undefined) return said;
  }
  return undefined;
};
