/** Writes the payload of the verb `restore` (docs/node-protocol.md). */
import { checkedField } from "../format/protocolFields";
import { as, framed } from "./lines";

export interface RestoreJob {
  readonly node: string;
  /** The backup whose set it is. */
  readonly backup: string;
  readonly copies: readonly { readonly path: string; readonly backup: string; readonly n: string }[];
  /** Else the files alone are put back: no service is asked or restarted. */
  readonly isProven: boolean;
}

const backupName = (text: string): string => checkedField("backup", text, "node protocol, backup");

export const restorePayload = ({ node, backup, copies, isProven }: RestoreJob): string =>
  framed("restore", [
    `node ${as.name(node)}`,
    `restored ${backupName(backup)}`,
    ...copies.map((copy) => `copy ${as.path(copy.path)} ${backupName(copy.backup)} ${as.number(copy.n)}`),
    `proof ${isProven ? "on" : "off"}`,
  ]);
