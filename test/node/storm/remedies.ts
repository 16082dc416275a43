/** What a sentence tells a person to do, done: the run that follows has something else to say, or nothing. */
import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import type { StormNode } from "./node";

type Remedy = (node: StormNode, at: string) => void;

const moveAway: Remedy = (node, at) => {
  // by mv: it may be on another file system
  execFileSync("mv", ["--", at, node.path(`/srv/other/moved-${String(Date.now())}-${basename(at)}`)]);
};
const sh =
  (text: string): Remedy =>
  (_, at) => {
    execFileSync("sh", ["-c", text, "sh", at]);
  };

/** The first word in brackets is the path. */
const REMEDIES: readonly (readonly [RegExp, Remedy])[] = [
  [/(\/\S+) is (?:not )?a folder: move it away/, moveAway],
  [/(\/\S+) leads to another cluster: .*; move that file away/, moveAway],
  [/(\/\S+) is a symbolic link to nowhere: remove it/, sh('rm "$1"')],
  [
    /put the file itself there \(cp -p (\/\S+) \S+\.real && mv \S+\.real \S+\)/,
    sh('cp -p "$1" "$1.real" && mv "$1.real" "$1"'),
  ],
  [/(\/\S+) can be written by everybody: chmod o-w it/, sh('chmod o-w "$1"')],
  [/(\/\S+) can be written by its group.*: chmod g-w it/, sh('chmod g-w "$1"')],
  [/(\/\S+) does not belong to root: chown root it/, sh('chown root "$1"')],
  [
    /(\/\S+) cannot be .*it or its folder is immutable, which 'chattr -i' ends/,
    sh('chattr -i "$1" 2>/dev/null; chattr -i "${1%/*}"'),
  ],
  [/(\/\S+) has an ACL .* or take it away \(setfacl -b/, sh('cp "$1" "$1.x" && chmod 0600 "$1.x" && mv "$1.x" "$1"')],
];

/** False: nothing that can be done here without a person's judgement. */
export const follow = (node: StormNode, why: string): boolean => {
  for (const [sentence, remedy] of REMEDIES) {
    const [, named] = sentence.exec(why) ?? [];
    if (named === undefined) continue;
    remedy(node, named.startsWith(node.root) ? named : node.path(named));
    return true;
  }
  return false;
};
