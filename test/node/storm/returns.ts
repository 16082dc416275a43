/** The verb `restore`: the set that is chosen as the program chooses it, and what may become of a node by it. */
import * as fs from "node:fs";
import { parsedBackups } from "../../../core/restore/backups";
import { putBack, setBefore } from "../../../core/restore/earlierSet";
import { restorePayload } from "../../../core/protocol/restore";
import type { Return } from "./case";
import { CURRENT, LEAFS, PAIRS, STATE } from "./layout";
import { ENDED, EVER, first, isOurs, type Invariant, type Moment } from "./moment";
import type { StormNode } from "./node";
import { blocksIn, fits, leafOf } from "./pool";
import { differences, reads, type Snapshot } from "./snapshot";

/** What a restore is to bring back. */
export interface Returning {
  readonly text: string;
  /** What each file is to hold, byte by byte. */
  readonly copies: ReadonlyMap<string, string>;
}

/** @returns undefined: nothing is kept here yet, or the node cannot tell */
export const returning = async (node: StormNode, back: Return): Promise<Returning | undefined> => {
  const { code, stdout } = await node.run("backups");
  const { backups } = code === 0 ? parsedBackups(stdout) : { backups: [] };
  const of = backups.at(-1 - (back.which % Math.max(1, backups.length)));
  if (of === undefined) return undefined;
  const chosen = putBack(setBefore(backups, of), back.isProven);
  const at = (copy: (typeof chosen)[number]): string => node.path(`${STATE}/backup/${copy.backup}/${copy.n}`);
  // a pair that fits in itself, so that only its CA tells it
  const other = leafOf("web", "f2", 6);
  for (const copy of back.damage === "other" && back.isProven ? chosen : []) {
    if (copy.path === LEAFS.web.cert) fs.writeFileSync(at(copy), other.cert);
    if (copy.path === LEAFS.web.key) fs.writeFileSync(at(copy), other.key);
  }
  const copies = new Map(chosen.map((copy) => [copy.path, fs.readFileSync(at(copy), "latin1")]));
  const [some] = chosen;
  if (back.damage === "gone" && some !== undefined) fs.rmSync(at(some));
  return { copies, text: restorePayload({ node: "n1", backup: of.name, copies: chosen, isProven: back.isProven }) };
};

const isRestore = ({ sending }: Moment): boolean => sending.send === "restore";

/** The same PEM blocks, or the same bytes; a last line may have got its end. */
const isSame = (was: string, is: string): boolean =>
  was.replace(/\n$/, "") === is.replace(/\n$/, "") ||
  (blocksIn(was).length > 0 && blocksIn(was).join() === blocksIn(is).join());

const asItWas = (moment: Moment): string | undefined =>
  first(moment.sending.copies, ([path, was]) =>
    isSame(was, reads(moment.after, moment.node.root, path)?.text ?? "") ? undefined : `${path} is not as it was`,
  );

const oldOrCopy = (moment: Moment): string | undefined =>
  first(moment.sending.copies, ([path, copy]) => {
    const [was, is] = [moment.before.get(path)?.text ?? "", moment.after.get(path)?.text ?? ""];
    return isSame(was, is) || isSame(copy, is) ? undefined : `${path} is neither`;
  });

const onlyCopies = (moment: Moment): string | undefined => {
  if (!isRestore(moment)) return undefined;
  // rights that let in too many are mended by any run
  const text = (of: Snapshot, path: string): string => `${of.get(path)?.kind ?? "none"} ${of.get(path)?.text ?? ""}`;
  const other = differences(moment.before, moment.after).find(
    (path) =>
      isOurs(path) &&
      path !== CURRENT &&
      !moment.sending.copies.has(path) &&
      text(moment.before, path) !== text(moment.after, path),
  );
  return other === undefined ? undefined : `${other} was changed as well`;
};

const fitAgain = (moment: Moment): string | undefined => {
  const { copies, isProven } = moment.sending;
  const isChecked = isProven && moment.node.checksLeafs;
  const text = (path: string): string => reads(moment.after, moment.node.root, path)?.text ?? "";
  return first(PAIRS, ({ cert, key }) => {
    const fitted = fits(copies.get(cert) ?? "", copies.get(key) ?? "");
    if (!fitted && !(isChecked && copies.has(cert))) return undefined;
    return fits(text(cert), text(key)) ? undefined : `${cert} and ${key} do not fit`;
  });
};

/** A person who puts an earlier set back has no stack file to mend, and no phase to go. */
const ownWords = (moment: Moment): string | undefined =>
  isRestore(moment) && moment.sending.defect === undefined && /stack file|go phase/.test(moment.run.why)
    ? `it says ${JSON.stringify(moment.run.why)}`
    : undefined;

const damaged = ({ sending: { damage, copies, isProven }, node }: Moment): string | undefined =>
  damage === "gone" && copies.size > 0
    ? "a set of which a copy is gone was put back"
    : damage === "other" && isProven && copies.has(LEAFS.web.cert) && node.checksLeafs
      ? "a certificate of another cluster was put back"
      : undefined;

/** By a restore alone: what an apply makes of a kubeconfig is held to other rules. */
export const isPutBack = ({ sending }: Moment, path: string): boolean => sending.copies.has(path);

export const RETURN_INVARIANTS: readonly Invariant[] = [
  { name: "an earlier set is as it was", at: ["done", "again"], check: asItWas },
  { name: "an earlier set is put back whole or not at all", at: EVER, check: oldOrCopy },
  { name: "a restore touches nothing else", at: ENDED, check: onlyCopies },
  { name: "pairs always fit: those put back", at: ["done", "again"], check: fitAgain },
  { name: "a restore speaks to who has asked for it", at: ["refused"], check: ownWords },
  { name: "a damaged set is refused", at: ["done"], check: damaged },
];
