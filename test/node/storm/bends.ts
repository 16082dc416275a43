/** Oddities that are no matter of text: links, rights, disks, clocks, programs, and what killed runs have left. */
import fc from "fast-check";
import * as fs from "node:fs";
import { dirname } from "node:path";
import { aclFor, attach, NOBODY } from "../rights";
import { DEBRIS, DEBRIS_NAMES } from "./debris";
import { FOLDERS, PATHS } from "./layout";
import { MISSING, type StormNode } from "./node";
import { row } from "./row";

const path = fc.constantFrom(...PATHS);
const folder = fc.constantFrom(...FOLDERS);
const owner = fc.constantFrom(0, NOBODY);

const isFile = (node: StormNode, at: string): boolean =>
  fs.existsSync(node.path(at)) && fs.lstatSync(node.path(at)).isFile();

/** Another place for what belongs to a path. */
const elsewhere = (node: StormNode, name: string, of: string): string =>
  node.path(`/srv/other/${name}${of.replaceAll("/", "_")}`);

const attached = (weight: number, attributes: Readonly<Record<string, Buffer>>) =>
  row({
    weight,
    fields: { path },
    bend: (node, odd) => {
      if (!isFile(node, odd.path)) return;
      attach(node, odd.path, attributes);
      node.attributed.add(odd.path);
    },
  });

const give = (node: StormNode, at: string, mode: number, uid: number, gid: number): void => {
  if (!fs.existsSync(node.path(at))) return;
  fs.chownSync(node.path(at), uid, gid);
  fs.chmodSync(node.path(at), mode);
};

export const BENDS = {
  hardLink: row({
    weight: 2,
    fields: { path },
    bend: (node, odd) => {
      const to = elsewhere(node, "link", odd.path);
      if (isFile(node, odd.path) && !fs.existsSync(to)) fs.linkSync(node.path(odd.path), to);
    },
  }),
  folder: row({
    weight: 1,
    fields: { path },
    bend: (node, odd) => {
      fs.rmSync(node.path(odd.path), { force: true, recursive: true });
      fs.mkdirSync(node.path(odd.path), { recursive: true, mode: 0o755 });
    },
  }),
  attribute: attached(3, { "user.note": Buffer.from("x") }),
  acl: attached(2, { "system.posix_acl_access": aclFor(NOBODY) }),
  link: row({
    weight: 2,
    fields: { path, to: fc.constantFrom("file" as const, "nowhere" as const) },
    bend: (node, odd) => {
      const [at, to] = [node.path(odd.path), elsewhere(node, "target", odd.path)];
      if (!fs.existsSync(dirname(at))) return;
      if (odd.to === "file" && isFile(node, odd.path)) fs.renameSync(at, to);
      fs.rmSync(at, { force: true, recursive: true });
      fs.symlinkSync(to, at);
    },
  }),
  linkedFolder: row({
    weight: 3,
    fields: { path: folder, to: fc.constantFrom("near" as const, "far" as const, "tmp" as const) },
    bend: (node, odd) => {
      const at = node.path(odd.path);
      if (node.linked.size > 0 || !fs.existsSync(at)) return;
      const to = { near: `${odd.path}.real`, far: "/opt/pki", tmp: "/tmp/pki" }[odd.to];
      fs.renameSync(at, node.path(to));
      fs.symlinkSync(node.path(to), at);
      node.linked.set(odd.path, to);
    },
  }),
  rights: row({
    weight: 6,
    fields: {
      path,
      mode: fc.constantFrom(0o600, 0o640, 0o644, 0o660, 0o400, 0o666, 0o755),
      uid: owner,
      gid: owner,
    },
    bend: (node, odd) => {
      give(node, odd.path, odd.mode, odd.uid, odd.gid);
    },
  }),
  folderRights: row({
    weight: 2,
    fields: { path: folder, mode: fc.constantFrom(0o700, 0o755, 0o775, 0o777, 0o555), uid: owner },
    bend: (node, odd) => {
      give(node, odd.path, odd.mode, odd.uid, 0);
    },
  }),
  immutable: row({
    weight: 2,
    fields: { path: fc.oneof(path, folder) },
    bend: (node, odd) => {
      node.hold("immutable", odd.path);
    },
  }),
  mounted: row({
    weight: 1,
    fields: { path },
    bend: (node, odd) => {
      node.hold("mounted", odd.path);
    },
  }),
  smallDisk: row({
    weight: 2,
    fields: {
      path: fc.constantFrom("/etc/kubernetes/pki", "/var/lib/kube-pki"),
      kb: fc.constantFrom(64, 96, 128, 160, 200, 256, 320, 400, 500, 600),
    },
    bend: (node, odd) => {
      node.hold("smallDisk", odd.path, odd.kb);
    },
  }),
  clock: row({
    weight: 2,
    fields: { seconds: fc.constantFrom(-7200, -3650, 60, 30 * 86_400, 400 * 86_400) },
    bend: (node, odd) => {
      node.clock(odd.seconds);
    },
  }),
  missing: row({
    weight: 4,
    fields: { what: fc.constantFrom(...MISSING) },
    bend: (node, odd) => {
      node.lack(odd.what);
    },
  }),
  debris: row({
    weight: 8,
    fields: { what: fc.constantFrom(...DEBRIS_NAMES) },
    bend: (node, odd) => {
      DEBRIS[odd.what](node);
    },
  }),
};
