/** The lines about backups, as in grammar.ts: how many are kept, and those of the verb `restore`. */
import { line, NODE, type LineRow } from "./lineRow";

export const BACKUP_LINES: readonly LineRow[] = [
  line(
    "apply trust",
    "keepbackups",
    ["number=count", "number=seconds"],
    "of the backups that may go so many stay, and those that are not as old yet; 5 and 0 without this line",
  ),
  line("restore", "node", NODE),
  line(
    "restore apply",
    "restored",
    ["backup"],
    "the set that is put back; in the payload of apply that the node makes of it too: it is not what the stack asks for, " +
      "so `plan` stays",
  ),
  line(
    "restore",
    "copy",
    ["path", "backup", "number=n"],
    "that file is put back from this copy; every other one stays as it is",
  ),
  line("restore", "proof", ["switch"], "off: its files are laid, and no service is asked or restarted"),
];
