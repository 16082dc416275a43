/** What holds whatever lies on a node, is sent to it, and kills it. */
import { ASK_INVARIANTS } from "./asks";
import { isApply, leafsOf, sendsSet } from "./body";
import { CONF_INVARIANTS } from "./confOracle";
import { CA, CA_FILES, CA_KEY, CA_PATHS, LEAF_NAMES, LEAFS, MODES, PAIRS, SIGNER, STATE, type PairAt } from "./layout";
import { FLAG_INVARIANTS } from "./flagOracle";
import { besideOf, ENDED, EVER, first, isOurs, type Invariant, type Moment } from "./moment";
import type { Run } from "./node";
import { isToldOf, NOTE_INVARIANTS } from "./notes";
import { casIn, fits, isSignedByOne, PROFILES } from "./pool";
import { isPutBack, RETURN_INVARIANTS } from "./returns";
import { differences, isBeside, reads, type Entry, type Snapshot } from "./snapshot";
import { TRUST_INVARIANTS } from "./trustOracle";

const text = (of: Snapshot, { node }: Moment, path: string): string => reads(of, node.root, path)?.text ?? "";
const pairFits = (of: Snapshot, moment: Moment, { cert, key }: PairAt): boolean =>
  fits(text(of, moment, cert), text(of, moment, key));

const pairsFit = (moment: Moment): string | undefined =>
  first(PAIRS, (pair) => {
    if (moment.sending.defect === "wrongKey" && !moment.node.checksLeafs) return undefined;
    // who signs is changed by another step than who is trusted
    if (pair.cert === CA && (!isApply(moment.sending.send) || isPutBack(moment, CA))) return undefined;
    // as they were, whatever they were; what was not there then stays
    if (!moment.sending.isProven && [pair.cert, pair.key].some((path) => isPutBack(moment, path))) return undefined;
    return pairFits(moment.before, moment, pair) && !pairFits(moment.after, moment, pair)
      ? `${pair.cert} and ${pair.key} do not fit any more`
      : undefined;
  });

const isSent = (moment: Moment): string | undefined => {
  if (!sendsSet(moment.sending.send)) return undefined;
  const sent = leafsOf(moment.sending);
  return first(LEAF_NAMES, (name) => {
    const { cert, key } = LEAFS[name];
    const [is, its] = [text(moment.after, moment, cert), text(moment.after, moment, key)];
    if (!fits(is, its)) return `${cert} and ${key} do not fit`;
    const of = PROFILES[name] === "e" ? "ca:etcd" : "ca:kubernetes";
    const cas = casIn(text(moment.after, moment, CA_PATHS.find((path) => CA_FILES[path] === of) ?? CA));
    if (!isSignedByOne(is, cas)) return `${cert} is signed by none of ${cas.join()}`;
    return is.includes(sent.get(name)?.cert.trim() ?? "-") ? undefined : `${cert} is not the one that was sent`;
  });
};

const stampOf = ({ kind, text: holds, ino, mtimeMs, mode, uid, gid, attributes }: Entry): string =>
  kind === "folder" ? [mode, uid, gid].join() : [kind, ino, mtimeMs, mode, uid, gid, attributes, holds].join("\0");

/** A disk with errors keeps what was to go. */
const cannotRemove = ({ failed }: Run): boolean => failed === "rm" || failed === "rmdir";

const isUnknown = (path: string): boolean => !isOurs(path) && !isOurs(besideOf(path) ?? "");
const unknownStay = ({ before, after }: Moment): string | undefined =>
  first(before, ([path, was]) => {
    const is = after.get(path);
    if (!isUnknown(path)) return undefined;
    if (is === undefined) return `${path} is gone`;
    return stampOf(was) === stampOf(is) ? undefined : `${path} is another one`;
  });

const nothingElse = ({ before, after, kind, run }: Moment): string | undefined =>
  first(after, ([path, { kind: of }]) => {
    if (before.has(path) || isOurs(path) || of === "folder") return undefined;
    return isBeside(path) && (kind === "killed" || cannotRemove(run)) ? undefined : `${path} was not there before`;
  });

/** What stays beside a file that cannot be put back is said. */
const isStuck = ({ run }: Moment): boolean => /could not be (put back|removed)|put back by hand/.test(run.why);
const KEPT_STATE =
  /^(node\.sh|lock|keys|plan|applied|noted|ours|laid|backup|first|retired|recovered|result|lock\.held)$/;
const noDebris = (moment: Moment): string | undefined => {
  const { before, after, node, run } = moment;
  if (isStuck(moment) || cannotRemove(run)) return undefined;
  return (
    first(after.keys(), (path) => (isBeside(path) && !before.has(path) ? `${path} is left` : undefined)) ??
    first(after, ([path, { kind }]) =>
      kind === "folder" &&
      !before.has(path) &&
      (moment.kind === "refused" || moment.kind === "recovered") &&
      ![...after.keys()].some((other) => other.startsWith(`${path}/`))
        ? `folder ${path} is left`
        : undefined,
    ) ??
    (run.failed === undefined
      ? first(
          node.list(STATE).filter((name) => !name.includes("/")),
          (name) =>
            KEPT_STATE.test(name) || (moment.kind === "refused" && moment.found.includes(name))
              ? undefined
              : `${STATE}/${name} is left`,
        )
      : undefined)
  );
};

const touchedNothing = (moment: Moment): string | undefined => {
  const { before, after, run, kind } = moment;
  if (kind === "refused" && isStuck(moment)) return undefined; // a recovery on a disk with errors has done what it could
  const changed = differences(before, after);
  if (changed.length > 0) return `changed ${changed.join(", ")}`;
  // a set that was put back may be so from copies
  if (kind !== "refused" || run.stderr.includes("put back") || run.failed !== undefined) return undefined;
  return first(before, ([path, was]) =>
    stampOf(was) === stampOf(after.get(path) ?? was) ? undefined : `${path} is another file`,
  );
};

const keepsRights = (moment: Moment): string | undefined =>
  first(Object.entries(MODES), ([path, layout]) => {
    const { node } = moment;
    const [was, is] = [moment.before.get(path), moment.after.get(path)];
    if (was?.kind !== "file" || is === undefined || isToldOf(moment, path)) return undefined;
    if (was.uid !== is.uid || was.gid !== is.gid) return `${path} has another owner`;
    if ((is.mode & ~was.mode) !== 0) return `${path} has mode ${is.mode.toString(8)}, had ${was.mode.toString(8)}`;
    if ((was.mode & ~(layout | 0o040)) === 0 && is.mode !== was.mode) return `${path} has lost rights`;
    return node.knowsAttributes && was.attributes !== is.attributes ? `${path} has lost its attributes` : undefined;
  });

const HAS_KEY = /PRIVATE KEY|client-key-data/;
const keysPrivate = ({ before, after }: Moment): string | undefined =>
  first(after, ([path, { kind, text: holds, mode }]) => {
    if (kind !== "file" || !HAS_KEY.test(holds)) return undefined;
    const of = besideOf(path) ?? path;
    // a copy lets in whom its original does
    const had = (before.get(path) ?? before.get(of) ?? (of === SIGNER.key ? before.get(CA_KEY) : undefined))?.mode ?? 0;
    return (mode & 0o077 & ~had) === 0 ? undefined : `${path} holds a key and has mode ${mode.toString(8)}`;
  });

const stateIsOurs = ({ node }: Moment): string | undefined => {
  const [mode = ""] = [node.stamp(STATE).split(" ")[3]];
  return (Number(mode) & 0o077) === 0 ? undefined : `${STATE} has mode ${Number(mode).toString(8)}`;
};

/** Sentences of a shell or a tool where one of ours should stand. */
const OTHERS_WORDS =
  /^(?:\S*node\.sh: |(?:sh|dash|busybox|ash|awk|mawk|gawk|sed|mv|rm|cp|ln|cat|stat|mkdir|rmdir|base64|grep|sort|cut|chmod|chown|cmp|tr|wc|dd|id|date|openssl|readlink|sha256sum|timeout|sync): )/m;
const speaksItself = ({ run: { stderr, failed } }: Moment): string | undefined => {
  const said = failed === undefined ? OTHERS_WORDS.exec(stderr) : null;
  return said === null ? undefined : `stderr has ${JSON.stringify(stderr.slice(said.index, said.index + 160))}`;
};

const REMEDY =
  /\b(run again|run then|make room|remove|chmod|chown|move|rewrite|write it|put|run pulumi up|set the clock|set --|check|repair|name|give|go phase|end that|end the|end it|install|take|allow|raise|create|mount|use a|look at|see|add|renew|let|join|chattr -i|run the install step|it ran here before)\b/;
const saysWhatToDo = ({ run: { why, code, failed } }: Moment): string | undefined => {
  if (code === 0 || failed !== undefined) return undefined;
  if (!/^(n1|node): \S/.test(why)) return `the last line is ${JSON.stringify(why)}`;
  if (why.includes("where it did not expect to")) return `it says ${JSON.stringify(why)}`;
  return REMEDY.test(why) ? undefined : `no remedy in ${JSON.stringify(why)}`;
};

const sane = ({ sane: isSane, run }: Moment): string | undefined => (isSane ? `it says ${run.why}` : undefined);
const defective = ({ sending: { defect } }: Moment): string | undefined =>
  defect === undefined ||
  (defect !== "unknownLine" && defect !== "cut" && defect !== "altered" && defect !== "otherVerb")
    ? undefined
    : `a payload that is ${defect} passed`;
const WRONG_LEAF = ["wrongKey", "wrongCa", "future", "ended"];
const wrongLeaf = ({ sending: { defect, send }, node }: Moment): string | undefined =>
  defect !== undefined && WRONG_LEAF.includes(defect) && sendsSet(send) && node.checksLeafs
    ? `a leaf that is ${defect} passed`
    : undefined;

/** Of an apply that was never proven, until the next one: what began in the very second of its files is restarted once more. */
const isInDoubt = ({ node }: Moment): boolean =>
  node.has(`${STATE}/applied`) && / none$/m.test(node.read(`${STATE}/applied`));

const changesNothing = (moment: Moment): string | undefined => {
  const { before, after, run } = moment;
  if (isInDoubt(moment)) return undefined;
  if (run.why.includes("no room left")) return undefined; // the first has used it up
  if (run.code !== 0 || !/^(?:done \S+|issued \S+) unchanged$/m.test(run.stdout))
    return `it ended so: ${run.stdout.split("\n").at(-2) ?? ""} ${run.why}`;
  return first(before, ([path, was]) => {
    const is = after.get(path) ?? was;
    return stampOf(was) === stampOf(is) && (was.kind === "folder" || was.ctimeMs === is.ctimeMs)
      ? undefined
      : `${path} was touched`;
  });
};

export const INVARIANTS: readonly Invariant[] = [
  { name: "pairs always fit", at: ENDED, check: pairsFit },
  { name: "pairs always fit: those of the payload", at: ["done", "again"], check: isSent },
  ...TRUST_INVARIANTS,
  ...CONF_INVARIANTS,
  ...FLAG_INVARIANTS,
  ...NOTE_INVARIANTS,
  ...RETURN_INVARIANTS,
  ...ASK_INVARIANTS,
  { name: "nothing unknown is gone: files", at: EVER, check: unknownStay },
  { name: "nothing unknown is made", at: EVER, check: nothingElse },
  { name: "nothing unknown is gone: owner, mode, ACL, attributes", at: ["done", "again"], check: keepsRights },
  { name: "no key for others", at: EVER, check: keysPrivate },
  { name: "no key for others: state folder", at: ENDED, check: stateIsOurs },
  { name: "a refusal touches nothing", at: ["refused"], check: touchedNothing },
  { name: "a refusal is one sentence that says what to do", at: ["refused"], check: saysWhatToDo },
  { name: "nothing is left lying about", at: ENDED, check: noDebris },
  { name: "the script speaks for its tools", at: ENDED, check: speaksItself },
  { name: "a good payload for a good node is taken", at: ["refused"], check: sane },
  { name: "a damaged payload is refused", at: ["done"], check: defective },
  { name: "a wrong leaf is refused", at: ["done"], check: wrongLeaf },
  { name: "a second run changes nothing", at: ["again"], check: changesNothing },
];
