/** Files of the PKI as facts, from what `stat`, `certificates` and `key` answer. */
import { momentText } from "../format/x509";
import { certificatesIn, publicKeysIn } from "./certificateFacts";
import type { FileFacts, Use } from "./model";
import type { Answer } from "./questions";

const TYPE = 0o170000;
const REGULAR = 0o100000;
const LINK = 0o120000;
const PERMISSIONS = 0o7777;

export interface Stat {
  readonly type: "file" | "link" | "other";
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string;
  readonly group: string;
  readonly modifiedAt: string;
  /** "device:inode": two paths of the same file have the same. */
  readonly identity: string;
}

const statOf = (words: readonly string[] | undefined): Stat | undefined => {
  const [mode, uid, gid, , modified, identity = "", owner = "", group = ""] = words ?? [];
  if (mode === undefined || modified === undefined) return undefined;
  const bits = Number.parseInt(mode, 16);
  const type = bits & TYPE;
  return {
    type: type === REGULAR ? "file" : type === LINK ? "link" : "other",
    mode: (bits & PERMISSIONS).toString(8).padStart(4, "0"),
    uid: Number(uid),
    gid: Number(gid),
    owner,
    group,
    modifiedAt: momentText(new Date(Number(modified) * 1000)),
    identity,
  };
};

/** Of the thing itself, and of what a link leads to; undefined: there is nothing. */
export const statsOf = (answer: Answer): { readonly here?: Stat; readonly there?: Stat } => {
  const here = statOf(answer.words("stat"));
  if (here === undefined) return {};
  if (here.type !== "link") return { here, there: here };
  const there = statOf(answer.words("target"));
  return there === undefined ? { here } : { here, there };
};

const NOTHING = { owner: "", group: "", uid: -1, gid: -1, mode: "", modifiedAt: "" } as const;

/** The answers about one file. */
export interface FileAnswers {
  readonly stat: Answer;
  readonly certificates: Answer;
  readonly key: Answer;
}

/** Whether a private key is among what a file holds. */
export const hasKey = (certificates: Answer): boolean =>
  /^other .*PRIVATE KEY$/m.test(certificates.text("blocks") ?? "");

export const fileFacts = (path: string, { stat, certificates, key }: FileAnswers, uses: readonly Use[]): FileFacts => {
  const { here, there } = statsOf(stat);
  const link = here?.type === "link" ? stat.text("link")?.trim() : undefined;
  const real = stat.text("real")?.trim();
  const blocks = certificates.text("blocks");
  const publicHalf = key.text("public");
  return {
    path,
    state: here === undefined || there === undefined ? "missing" : there.type !== "file" ? "other" : "file",
    ...(link === undefined ? {} : { link }),
    ...(real === undefined || real === path ? {} : { real }),
    ...(there === undefined ? NOTHING : ownership(there)),
    certificates: certificatesIn(blocks ?? ""),
    keys: hasKey(certificates) ? publicKeysIn(publicHalf ?? "") : [],
    publicKeys: publicKeysIn(blocks ?? ""),
    uses,
  };
};

const ownership = ({ owner, group, uid, gid, mode, modifiedAt }: Stat) => ({
  owner,
  group,
  uid,
  gid,
  mode,
  modifiedAt,
});
