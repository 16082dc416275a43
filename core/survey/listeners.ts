/** Sockets that listen, as the kernel lists them (proc_pid_net(5), "tcp" and "tcp6"). */
import { canonicalIp } from "../format/addresses";
import type { Answer } from "./questions";

export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

export const listeningSockets = (answer: Answer): ListeningSocket[] =>
  ["tcp", "tcp6"].flatMap((table) =>
    answer.all(table).flatMap((words) => {
      const [, address = "", port = "", inode = ""] = /^([0-9A-F]+):([0-9A-F]{4}) (\d+)$/.exec(words.join(" ")) ?? [];
      return inode === "" ? [] : [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }];
    }),
  );

/** Words of 32 bits, each in the byte order of the machine: little on all that Kubernetes runs on but s390x. */
const addressOf = (hex: string): string => {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => String(Number.parseInt(byte, 16))).join(".");
  const groups = (bytes.join("").match(/.{4}/g) ?? []).join(":");
  return canonicalIp(groups)?.replace(/^::ffff:(?=\d+\.\d+\.)/, "") ?? groups;
};
