import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Scratch } from "./scratch";

/** User and group of a service that does not run as root; there on every system. */
export const NOBODY = 65534;

/** `uid:gid mode` of a file. */
export const rights = (node: Scratch, path: string): string => {
  const { uid, gid, mode } = statSync(node.path(path));
  return `${String(uid)}:${String(gid)} ${(mode & 0o7777).toString(8)}`;
};

export const give = (node: Scratch, path: string, uid: number, gid: number, mode: number): void => {
  chownSync(node.path(path), uid, gid);
  chmodSync(node.path(path), mode);
};

/** From its next start on a unit runs as this user, with one more group if it is told. */
export const runsAs = (node: Scratch, unit: string, uid: number, group = uid): void => {
  const folder = join(node.units, unit);
  const stub = node.path("/tls-server.cjs"); // where the checkout lies that user may not look
  copyFileSync(join(__dirname, "stub", "tls-server"), stub);
  node.write(
    "/become.cjs",
    `process.setgroups([${String(group)}]); process.setgid(${String(uid)}); process.setuid(${String(uid)});`,
  );
  const command = readFileSync(join(folder, "command"), "utf8");
  const drops = `${process.execPath} --require ${node.path("/become.cjs")} ${stub} `;
  writeFileSync(join(folder, "command"), command.replace(/^\S+ \S+ /, drops));
  for (const each of [node.units, folder]) chmodSync(each, 0o777);
};

// Extended attributes and ACLs go in and out by tar, whose headers can be written without any tool of theirs.

const octal = (value: number, width: number): string => value.toString(8).padStart(width, "0") + "\0";

const header = (name: string, type: string, size: number, { uid = 0, gid = 0, mode = 0o600 } = {}): Buffer => {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(uid, 7), 108);
  block.write(octal(gid, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write(type, 156);
  block.write("ustar\u000000", 257);
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  );
  return block;
};

const padded = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc((512 - (data.length % 512)) % 512)]);

const record = (key: string, value: Buffer): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
};

/** An archive with one file that has these extended attributes, for tar with `UNPACK`. */
export const archived = (
  name: string,
  attributes: Readonly<Record<string, Buffer>>,
  data = Buffer.alloc(0),
  rightsOfIt: Parameters<typeof header>[3] = {},
): Buffer => {
  const pax = Buffer.concat(Object.entries(attributes).map(([key, value]) => record(`SCHILY.xattr.${key}`, value)));
  return Buffer.concat([
    header("pax", "x", pax.length),
    padded(pax),
    header(name, "0", data.length, rightsOfIt),
    padded(data),
    Buffer.alloc(1024),
  ]);
};

export const UNPACK = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", "-"] as const;

/** Writes a file anew, with its text, owner and mode, and with these extended attributes. */
export const attach = (node: Scratch, path: string, attributes: Readonly<Record<string, Buffer>>): void => {
  const file = node.path(path);
  const { uid, gid, mode } = statSync(file);
  const input = archived(basename(file), attributes, readFileSync(file), { uid, gid, mode: mode & 0o7777 });
  execFileSync("/bin/tar", [...UNPACK, "-C", dirname(file)], { input });
};

/** What `attach` has set of these, as text. */
export const attached = (node: Scratch, path: string): string => {
  const file = node.path(path);
  const options = ["--xattrs", "--xattrs-include=*", "--format=pax", "-cf", "-", "-C", dirname(file), basename(file)];
  const archive = execFileSync("/bin/tar", options).toString("latin1");
  return [...archive.matchAll(/SCHILY\.xattr\.((?:user|system)\.[^=]+=[^\n]*)\n/g)].map(([, text]) => text).join("\n");
};

/** An ACL by which this user may read, as the kernel keeps it (include/uapi/linux/posix_acl_xattr.h). */
export const aclFor = (uid: number): Buffer => {
  const entry = (tag: number, may: number, id = 0xffffffff): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(may, 2);
    bytes.writeUInt32LE(id, 4);
    return bytes;
  };
  const version = Buffer.from([2, 0, 0, 0]);
  return Buffer.concat([version, entry(1, 6), entry(2, 4, uid), entry(4, 0), entry(16, 4), entry(32, 0)]);
};
