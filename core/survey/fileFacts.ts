/** Files of the PKI as facts, from what `stat`, `certificates` and `key` answer. */
import { momentText } from "../format/x509";
import { certificatesIn, publicKeysIn } from "./certificateFacts";
import type { FileFacts, Use } from "./model";
import { Answer, askAll, QUESTION, type Ask } from "./questions";

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
export interface Stats {
  readonly here?: Stat;
  readonly there?: Stat;
  /** Where it leads, of a link. */
  readonly link?: string | undefined;
  readonly real?: string | undefined;
}

const STAT_FIELDS = 8;

/** By path, each that is there. */
export const readStats = async (ask: Ask, paths: readonly string[]): Promise<ReadonlyMap<string, Stats>> => {
  if (paths.length === 0) return new Map();
  const [answer] = await askAll(ask, [QUESTION.stats(paths)]);
  const of = (word: string) =>
    new Map(answer.all(word).map((words) => [words.slice(STAT_FIELDS).join(" "), statOf(words)] as const));
  const [here, there, links] = [of("here"), of("there"), answer.byPath()];
  return new Map(
    [...here].map(([path, stat]) => {
      const target = there.get(path);
      return [
        path,
        {
          ...(stat && { here: stat }),
          ...(target && { there: target }),
          link: links.get(path)?.line("link"),
          real: links.get(path)?.line("real"),
        },
      ];
    }),
  );
};

/** Blocks of files, by path. */
export const readBlocks = async (ask: Ask, paths: readonly string[]): Promise<ReadonlyMap<string, Answer>> => {
  if (paths.length === 0) return new Map();
  const [answer] = await askAll(ask, [QUESTION.certificates(paths)]);
  return answer.byPath();
};

/** Public halves of the private keys in files, by path; none without openssl. */
export const readKeys = async (ask: Ask, paths: readonly string[]): Promise<ReadonlyMap<string, Answer>> => {
  if (paths.length === 0) return new Map();
  const [answer] = await askAll(ask, [QUESTION.keys(paths)]);
  return answer.byPath();
};

/** The same of kubeconfigs, of each key in order. */
export const readInnerKeys = async (
  ask: Ask,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  if (paths.length === 0) return new Map();
  const [answer] = await askAll(ask, [QUESTION.innerKeys(paths)]);
  return new Map(
    [...answer.byPath()].map(([path, own]) => [path, own.sections("key").map(([, key]) => key.plain("pem"))]),
  );
};

const NOTHING = { owner: "", group: "", uid: -1, gid: -1, mode: "", modifiedAt: "" } as const;

/** The answers about one file. */
export interface FileAnswers {
  readonly stats: Stats | undefined;
  readonly certificates: Answer;
  /** Undefined: nobody asked, or could tell. */
  readonly key: Answer | undefined;
}

/** Whether a private key is among what a file holds. */
export const hasKey = (certificates: Answer): boolean =>
  certificates.all("other").some((label) => label.join(" ").endsWith("PRIVATE KEY"));

export const fileFacts = (path: string, { stats, certificates, key }: FileAnswers, uses: readonly Use[]): FileFacts => {
  const { here, there, link, real } = stats ?? {};
  const blocks = certificates.plain("pem");
  const keys = publicKeysIn(key?.plain("pem") ?? "");
  const isLocked = keys.length === 0 && key !== undefined;
  return {
    path,
    state: here === undefined || there === undefined ? "missing" : there.type !== "file" ? "other" : "file",
    ...(link === undefined ? {} : { link }),
    ...(real === undefined || real === path ? {} : { real }),
    ...(there === undefined ? NOTHING : ownership(there)),
    certificates: certificatesIn(blocks),
    keys,
    ...(isLocked ? { isLocked } : {}),
    publicKeys: publicKeysIn(blocks),
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
