/** The set of files that a node had at an earlier time, and whether it is of any use now. */
import type { Backup, Copy, KeptLeaf } from "./backups";

/** A copy, and the backup that it lies in. */
type Placed<T> = T & { readonly backup: string };

export interface EarlierSet {
  /** The set is that of before this one was made. */
  readonly of: Backup;
  readonly copies: readonly Placed<Copy>[];
  /** Files that were not there then. */
  readonly absent: readonly string[];
  readonly leaves: readonly Placed<KeptLeaf>[];
}

/**
 * The files as they were before a backup was made: those in it, and those that only later changes have replaced. What no
 * change has replaced since is as it was, or was changed by somebody else.
 */
export const setBefore = (backups: readonly Backup[], of: Backup): EarlierSet => {
  const since = backups.slice(backups.indexOf(of));
  const told = new Set<string>();
  const first = (path: string): boolean => !told.has(path) && told.add(path).has(path);
  const parts = since.map((backup) => {
    const copies = backup.copies.filter(({ path }) => first(path));
    const absent = backup.absent.filter(first);
    const leaves = backup.leaves.filter(({ n }) => copies.some((copy) => copy.n === n));
    const placed = <T>(all: readonly T[]) => all.map((one) => ({ ...one, backup: backup.name }));
    return { copies: placed(copies), absent, leaves: placed(leaves) };
  });
  return {
    of,
    copies: parts.flatMap(({ copies }) => copies),
    absent: parts.flatMap(({ absent }) => absent),
    leaves: parts.flatMap(({ leaves }) => leaves),
  };
};

/**
 * @param wanted a backup's name or how it begins, or a time (ISO 8601): the first one made at that time or later, which holds
 * the files as they were then; the newest where it is undefined
 * @returns undefined where there is none
 */
export const chosenBackup = (backups: readonly Backup[], wanted: string | undefined): Backup | undefined => {
  if (wanted === undefined) return backups.at(-1);
  const named = backups.filter(({ name }) => name.startsWith(wanted));
  if (named.length > 0) return named[0];
  const time = /^\d{4}-\d\d-\d\d/.test(wanted) ? new Date(wanted).getTime() : NaN;
  return backups.find(({ at }) => at.getTime() >= time);
};

const profilesOf = (leaves: readonly KeptLeaf[]): string =>
  [...new Set(leaves.map(({ profile }) => profile))].sort().join(", ");

/** What signs itself never was of a CA of the cluster's: it is not put back, and stops nothing. */
const isOfCluster = ({ isSigned }: KeptLeaf): boolean => isSigned !== "own";

/** Why a set is of no use to anybody now; empty where it is. */
export const troubles = (set: EarlierSet, now: Date): string[] => {
  const leaves = set.leaves.filter(isOfCluster);
  const ended = leaves.filter(({ notAfter }) => notAfter.getTime() <= now.getTime());
  const strange = leaves.filter(({ isSigned }) => isSigned === "no");
  return [
    ...(ended.length === 0 ? [] : [`certificates in it have ended (${profilesOf(ended)})`]),
    ...(strange.length === 0 ? [] : [`the CA of ${profilesOf(strange)} in it is not trusted on the node any more`]),
  ];
};

/** Half of a leaf, or a kubeconfig with one; what somebody trusts or signs with is neither. */
const LEAF = /^(?:cert|key|kubeconfig):(.+)$/;

const profiles = ({ parts }: Copy): string[] => parts.flatMap((part) => LEAF.exec(part)?.[1] ?? []);
const isLeaf = (copy: Copy): boolean => copy.parts.length > 0 && profiles(copy).length === copy.parts.length;

/**
 * What is put back: leaves with their keys, and kubeconfigs. CAs, their keys and token keys stay as they are, since what they
 * are on one node they have to be on all, unless nothing is to be proven.
 */
export const putBack = ({ copies, leaves }: EarlierSet, isProven: boolean): readonly Placed<Copy>[] => {
  if (!isProven) return copies.filter(({ parts }) => parts.length > 0);
  // a key whose certificate did not change, or is no leaf's, belongs to what is in place
  const whole = new Set(
    copies.flatMap((copy) => (copy.parts.some((part) => !part.startsWith("key:")) ? profiles(copy) : [])),
  );
  for (const leaf of leaves) if (!isOfCluster(leaf)) whole.delete(leaf.profile);
  return copies.filter((copy) => isLeaf(copy) && profiles(copy).every((profile) => whole.has(profile)));
};

/** What was replaced since, and is not put back. */
export const leftAlone = (set: EarlierSet, isProven: boolean): string[] => {
  const paths = new Set(putBack(set, isProven).map(({ path }) => path));
  return [...set.copies.map(({ path }) => path), ...set.absent].filter((path) => !paths.has(path)).sort();
};
