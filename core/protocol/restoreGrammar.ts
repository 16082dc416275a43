/** The lines of the verb `restore`, as in grammar.ts. */
import { line, NODE, type LineRow } from "./lineRow";

export const RESTORE_LINES: readonly LineRow[] = [
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
