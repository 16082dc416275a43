/** The note of what the last step has left, and what becomes of a node that is told to bring it back. */
import { createHash } from "node:crypto";
import { isApply, sendsSet } from "./body";
import { LEAFS, PATHS, STATE } from "./layout";
import { first, type Invariant, type Moment } from "./moment";
import type { StormNode } from "./node";
import { differences, reads, type Entry } from "./snapshot";

interface Noted {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sum: string;
}

export interface Note {
  /** Undefined: nothing is noted, or what is may be another one once the run has begun. */
  readonly name: string | undefined;
  readonly text: string;
  readonly files: ReadonlyMap<string, Noted>;
}

const AT = `${STATE}/noted`;

export const noteOf = (node: StormNode): Note => {
  const text = node.has(AT) ? node.read(AT) : "";
  const lines = text.split("\n").map((line) => line.split(" "));
  const files = lines.flatMap(([word, mode = "", uid, gid, sum = "", path = ""]) =>
    word === "file" ? [[path, { mode: parseInt(mode, 8), uid: Number(uid), gid: Number(gid), sum }] as const] : [],
  );
  const isPending = node.has(`${STATE}/tx/committed`);
  return { name: isPending || text === "" ? undefined : lines[0]?.[1], text, files: new Map(files) };
};

const sumOf = ({ text }: Entry): string => createHash("sha256").update(text, "latin1").digest("hex");
const rightsOf = ({ mode, uid, gid }: { mode: number; uid: number; gid: number }): string =>
  `${mode.toString(8)} ${String(uid)} ${String(gid)}`;

/** The run was told to bring back what is noted of it. */
export const isToldOf = ({ sending: { send, told }, noted }: Moment, path: string): boolean =>
  sendsSet(send) && told !== undefined && told === noted.name && noted.files.has(path);

const broughtBack = (moment: Moment): string | undefined =>
  first(moment.noted.files, ([path, was]) => {
    const is = moment.after.get(path);
    if (!isToldOf(moment, path) || is === undefined) return undefined;
    return rightsOf(is) === rightsOf(was) ? undefined : `${path} has ${rightsOf(is)}, and ${rightsOf(was)} was noted`;
  });

const LEAF_PATHS = Object.values(LEAFS).flatMap(({ cert, key }) => [cert, key]);

const writtenOver = (moment: Moment): string | undefined =>
  first(LEAF_PATHS, (path) => {
    const [was, is] = [moment.before.get(path), moment.after.get(path)];
    if (!isToldOf(moment, path) || was?.kind !== "file" || is === undefined) return undefined;
    if (sumOf(was) === moment.noted.files.get(path)?.sum) return undefined;
    return sumOf(is) === sumOf(was) ? `${path} is still as somebody else has written it` : undefined;
  });

/** Of every file, or by a trust of those that it has written. */
const isTrue = (moment: Moment): string | undefined => {
  const { node, before, after, run, sending } = moment;
  if (sending.send === "ask" && !/^issued \S+ changed$/m.test(run.stdout)) return undefined;
  const written = new Set(differences(before, after));
  return first(noteOf(node).files, ([path, noted]) => {
    const is = reads(after, node.root, path);
    // what a restore leaves as it is was noted by the step before, and may be changed since
    if (sending.send === "restore" && !sending.copies.has(path)) return undefined;
    if (!isApply(sending.send))
      return written.has(path) && is !== undefined && sumOf(is) !== noted.sum
        ? `another text of ${path} is noted than it has`
        : undefined;
    if (is === undefined) return `${path} is noted and not there`;
    if (sumOf(is) !== noted.sum) return `another text of ${path} is noted than it has`;
    return rightsOf(is) === rightsOf(noted) ? undefined : `other rights of ${path} are noted than it has`;
  });
};

const isWhole = (moment: Moment): string | undefined => {
  const { send } = moment.sending;
  const now = noteOf(moment.node).files;
  const wanted = sendsSet(send)
    ? PATHS.filter((path) => moment.after.get(path)?.kind === "file" && !path.includes("ca-signing"))
    : send === "restore"
      ? [...moment.noted.files.keys()]
      : [];
  const missing = wanted.find((path) => !now.has(path));
  return missing === undefined ? undefined : `${missing} is noted no more`;
};

const staysSame = ({ node, noted, run }: Moment): string | undefined =>
  noted.name === undefined || run.failed !== undefined || noteOf(node).text === noted.text
    ? undefined
    : "another note was made";

export const NOTE_INVARIANTS: readonly Invariant[] = [
  { name: "what is noted is brought back: rights", at: ["done"], check: broughtBack },
  { name: "what is noted is brought back: texts", at: ["done"], check: writtenOver },
  { name: "a note is true", at: ["done", "again"], check: isTrue },
  { name: "a note forgets no file", at: ["done", "again"], check: isWhole },
  { name: "a refusal notes nothing", at: ["refused"], check: staysSame },
];
