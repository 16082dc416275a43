/** Who may read or change files and folders: what was changed of that, and whether a step brings it back. */
import type { FileFacts, Survey } from "../survey/model";
import { UNREAD_ACL, type FolderNote, type MarkNote, type NoteFacts } from "../survey/record";
import type { Change } from "./change";

type Rights = Pick<FileFacts, "mode" | "uid" | "gid">;

const modeOf = (mode: string): number => parseInt(mode, 8);

/** By name where some file of the node tells it. */
const ownerText = ({ files }: Survey, uid: number, gid: number): string => {
  const user = uid === 0 ? "root" : files.find((each) => each.uid === uid)?.owner;
  const group = gid === 0 ? "root" : files.find((each) => each.gid === gid)?.group;
  return `${user ?? String(uid)}:${group ?? String(gid)}`;
};

/** Of a file or folder. */
export const rightsTexts = (survey: Survey, path: string, was: Rights, is: Rights): string[] => {
  const [owner, had] = [ownerText(survey, is.uid, is.gid), ownerText(survey, was.uid, was.gid)];
  return [
    ...(modeOf(is.mode) === modeOf(was.mode) ? [] : [`${path}: mode ${is.mode}, and it was left with ${was.mode}`]),
    ...(is.uid === was.uid && is.gid === was.gid ? [] : [`${path}: it belongs to ${owner}, and was left to ${had}`]),
  ];
};

const byApply = (text: string): Change => ({ text, by: ["apply"], leaves: [] });
const byPeople = (text: string): Change => ({ text, by: [], leaves: [] });

/** Of one that is gone its files tell. */
const folderChanges = (survey: Survey, { path, was, is }: FolderNote): Change[] => {
  if (is === undefined) return [];
  if (is.real !== was.real)
    return [
      byPeople(`${path}: it leads to ${is.real}, and ${was.real === path ? "was a folder" : `led to ${was.real}`}`),
    ];
  return rightsTexts(survey, path, was, is).map(byApply);
};

/** A file gets its ACL with its text, by a new file; a folder by setfacl, which comes with getfacl. */
const aclChange = ({ path, was, is }: MarkNote, isFolder: boolean): Change[] => {
  if (was === undefined)
    return is === UNREAD_ACL
      ? [(isFolder ? byPeople : byApply)(`${path}: it has an ACL, and had none`)]
      : [byApply(`${path}: it has an ACL (${is ?? ""}), and had none`)];
  if (was === UNREAD_ACL) return is === undefined ? [byPeople(`${path}: its ACL is gone`)] : [];
  if (is === undefined) return [byApply(`${path}: its ACL is gone (${was})`)];
  return is === UNREAD_ACL ? [] : [byApply(`${path}: its ACL is ${is}, and was ${was}`)];
};

const FLAGS: Readonly<Record<string, string>> = { i: "immutable", a: "open to additions alone" };

/** Whoever has set one meant it: no step sets or takes it. */
const flagChanges = ({ path, was = "", is = "" }: MarkNote): Change[] =>
  Object.entries(FLAGS).flatMap(([flag, text]) => {
    if (was.includes(flag) === is.includes(flag)) return [];
    return is.includes(flag)
      ? [byPeople(`${path}: ${text}, so that no step can replace what is there: chattr -${flag} ${path}`)]
      : [byPeople(`${path}: no longer ${text}`)];
  });

const markChanges = (mark: MarkNote, isFolder: boolean): Change[] =>
  mark.kind === "acl" ? aclChange(mark, isFolder) : flagChanges(mark);

/** @param isFile whether a path is a file of the stack that is there */
export const rightsChanges = (
  survey: Survey,
  { folders = [], marks = [] }: NoteFacts,
  isFile: (path: string) => boolean,
): Change[] => {
  const whole = new Set(folders.filter(({ was, is }) => is?.real === was.real).map(({ path }) => path));
  return [
    ...folders.flatMap((folder) => folderChanges(survey, folder)),
    ...marks.flatMap((mark) =>
      whole.has(mark.path) || isFile(mark.path) ? markChanges(mark, whole.has(mark.path)) : [],
    ),
  ];
};
