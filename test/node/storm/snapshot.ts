/** All of a node but the state folder, as it lies there at one moment; what lies in a linked folder by the way through the link. */
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { attached } from "../rights";
import { STATE } from "./layout";
import type { StormNode } from "./node";

export interface Entry {
  readonly kind: "file" | "link" | "folder" | "other";
  /** What a file holds, byte by byte; where a link leads. */
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** The very file: not one with the same text. */
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly attributes: string;
}

export type Snapshot = ReadonlyMap<string, Entry>;

const TOPS = ["/etc", "/var", "/opt", "/srv", "/tmp"] as const;

export const snapshot = (node: StormNode): Snapshot => {
  const entries = new Map<string, Entry>();
  const targets = new Set(node.linked.values());
  const visit = (path: string, real = path): void => {
    if (path === STATE || (path === real && targets.has(path))) return;
    const at = node.path(real);
    const { mode, uid, gid, ino, mtimeMs, ctimeMs } = fs.lstatSync(at);
    const kind = kindOf(mode);
    const text = kind === "file" ? fs.readFileSync(at, "latin1") : kind === "link" ? fs.readlinkSync(at) : "";
    const attributes = kind === "file" && node.attributed.has(path) ? attached(node, real) : "";
    entries.set(path, { kind, text, mode: mode & 0o7777, uid, gid, ino, mtimeMs, ctimeMs, attributes });
    const inside = node.linked.get(path) ?? (kind === "folder" ? real : undefined);
    if (inside !== undefined)
      for (const name of fs.readdirSync(node.path(inside)).sort()) visit(join(path, name), join(inside, name));
  };
  for (const top of TOPS) if (fs.existsSync(node.path(top))) visit(top);
  return entries;
};

const kindOf = (mode: number): Entry["kind"] => {
  switch (mode & fs.constants.S_IFMT) {
    case fs.constants.S_IFREG:
      return "file";
    case fs.constants.S_IFLNK:
      return "link";
    case fs.constants.S_IFDIR:
      return "folder";
    default:
      return "other";
  }
};

/** What a reader of that path gets, also through a link at its end; undefined: nothing. */
export const reads = (snapshot: Snapshot, root: string, path: string): Entry | undefined => {
  const entry = snapshot.get(path);
  if (entry?.kind !== "link") return entry;
  return snapshot.get(entry.text.startsWith("/") ? entry.text.replace(root, "") : join(dirname(path), entry.text));
};

/** The transaction's own names: those that nobody but the script makes. */
export const isBeside = (path: string): boolean => /\/\.kube-pki\.[^/]+\.(new|old)$/.test(path);

/** The same set: of the same text and rights; not by when it was written, or as which file. */
export const differences = (before: Snapshot, after: Snapshot): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (isBeside(path)) return false;
    return was === undefined || is === undefined || setOf(was) !== setOf(is);
  });

const setOf = ({ kind, text, mode, uid, gid, attributes }: Entry): string =>
  [kind, text, mode, uid, gid, attributes].join("\0");
