/** What kube-pki has noted on a node of its own work: "applied", "ours" and "plan" (docs/node-protocol.md). */
import { createHash } from "node:crypto";
import { plainSerial } from "../format/x509";
import type { Answer } from "./questions";

export interface RecordFacts {
  /** The first digits of the checksum of what was last applied; absent: nothing was, or it had to be undone. */
  readonly applied?: string;
  /** The certificates that it installed. */
  readonly leaves: readonly { readonly profile: string; readonly id: string; readonly serial: string }[];
  /** CAs of the cluster that it was given, each by its fingerprint. */
  readonly cas: readonly string[];
  /** What it wrote last, and where that was served. */
  readonly files: readonly string[];
  readonly served: readonly {
    readonly component: string;
    readonly at: string;
    /** Of the certificate that is served there now; absent where nothing answered, or nobody asked. */
    readonly serial?: string;
  }[];
  /** A transaction has not ended. */
  readonly interrupted: boolean;
  /** Each file and link of the last payload as the step left it; absent: no step has noted them yet. */
  readonly noted?: NoteFacts;
}

export interface NoteFacts {
  /** Another one each time that something else is noted. */
  readonly name: string;
  /** The names that the verbs were told last, by verb. */
  readonly told: { readonly apply?: string; readonly trust?: string };
  readonly files: readonly {
    readonly path: string;
    readonly mode: string;
    readonly uid: number;
    readonly gid: number;
    /** Its text now is the one that it had. */
    readonly isSame: boolean;
  }[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** The folders that these lie in; absent, as `marks` is: an earlier version has noted none. */
  readonly folders?: readonly FolderNote[];
  /** What else decides who may read or change files and folders, where it is another than was noted. */
  readonly marks?: readonly MarkNote[];
}

export interface FolderFacts {
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Where it leads: another path than its own where it, or one above it, is a link. */
  readonly real: string;
}

export interface FolderNote {
  readonly path: string;
  readonly was: FolderFacts;
  /** Absent: there is none any more. */
  readonly is?: FolderFacts;
}

/** An ACL in the words of setfacl, or `UNREAD_ACL`; flags of chattr: of `i` and `a` those that are set. */
export interface MarkNote {
  readonly path: string;
  readonly kind: "acl" | "flags";
  /** Absent: none. */
  readonly was?: string;
  readonly is?: string;
}

/** There is one, and the node has no getfacl to read it. */
export const UNREAD_ACL = "+";

type Lines = readonly (readonly string[])[];

const MARKS = ["acl", "flags"] as const satisfies readonly MarkNote["kind"][];

const foldersIn = (lines: Lines): ReadonlyMap<string, FolderFacts> =>
  new Map(
    lines.flatMap(([word, mode = "", uid, gid, real = "", path = ""]) =>
      word === "folder" ? [[path, { mode, uid: Number(uid), gid: Number(gid), real }]] : [],
    ),
  );

const marksIn = (lines: Lines, kind: MarkNote["kind"]): ReadonlyMap<string, string> =>
  new Map(lines.flatMap(([word, mark = "", path = ""]) => (word === kind ? [[path, mark]] : [])));

/** Of a note that has folders. */
const rightsFacts = (noted: Lines, now: Lines): Pick<NoteFacts, "folders" | "marks"> => {
  const [were, are] = [foldersIn(noted), foldersIn(now)];
  if (were.size === 0) return {};
  const folders = [...were].map(([path, was]): FolderNote => {
    const is = are.get(path);
    return { path, was, ...(is && { is }) };
  });
  const marks = MARKS.flatMap((kind) => {
    const [had, has] = [marksIn(noted, kind), marksIn(now, kind)];
    return [...new Set([...had.keys(), ...has.keys()])].flatMap((path): MarkNote[] => {
      const [was, is] = [had.get(path), has.get(path)];
      return was === is ? [] : [{ path, kind, ...(was !== undefined && { was }), ...(is !== undefined && { is }) }];
    });
  });
  return { folders, marks };
};

const SUM_DIGITS = 8;

/** It becomes a word of a command. */
const NAME = /^\d+-\d+$/;

const noteFacts = (answer: Answer): NoteFacts | undefined => {
  const lines = answer.all("noted");
  const [, name = "", apply = "", trust = ""] = lines.find(([word]) => word === "note") ?? [];
  if (!NAME.test(name)) return undefined;
  const changed = new Set(answer.all("other").map(([path]) => path));
  return {
    name,
    told: { ...(NAME.test(apply) && { apply }), ...(NAME.test(trust) && { trust }) },
    files: lines.flatMap(([word, mode = "", uid, gid, path = ""]) =>
      word === "file" ? [{ path, mode, uid: Number(uid), gid: Number(gid), isSame: !changed.has(path) }] : [],
    ),
    links: lines.flatMap(([word, target = "", path = ""]) => (word === "link" ? [{ path, target }] : [])),
    ...rightsFacts(lines, answer.all("rights")),
  };
};

/** Undefined: it never ran there. */
export const recordFacts = (answer: Answer): RecordFacts | undefined => {
  if (answer.words("record") === undefined) return undefined;
  const applied = answer.all("applied");
  const plan = answer.all("plan");
  const noted = noteFacts(answer);
  const sum = applied.find(([word]) => word === "sum")?.[1];
  return {
    ...(sum === undefined || sum === "none" ? {} : { applied: sum.slice(0, SUM_DIGITS) }),
    leaves: applied.flatMap(([word, profile = "", id = "", , serial = ""]) =>
      word === "leaf" ? [{ profile, id, serial: plainSerial(serial) }] : [],
    ),
    cas: answer
      .all("ours")
      .flatMap(([, label, der = ""]) =>
        label === "CERTIFICATE" ? [createHash("sha256").update(Buffer.from(der, "base64")).digest("hex")] : [],
      ),
    files: plan.flatMap(([word, path = ""]) => (word === "file" || word === "link" ? [path] : [])),
    served: plan.flatMap(([word, component = "", at = ""]) => (word === "served" ? [{ component, at }] : [])),
    interrupted: answer.words("interrupted") !== undefined,
    ...(noted === undefined ? {} : { noted }),
  };
};
