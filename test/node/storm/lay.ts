/** Lays a live node, as a case tells, into a scratch root. */
import * as fs from "node:fs";
import { dirname } from "node:path";
import { ODDITIES, type Case, type Phase } from "./case";
import { confText } from "./confs";
import { CA_FILES, CA_PATHS, CONFS, CURRENT, LEAF_NAMES, LEAFS, MODES, PKI, SIGNER, TOKENS, UNKNOWN } from "./layout";
import type { StormNode } from "./node";
import { ca, leafOf, pem, signerOf, tokenKeys, type CaName, type Generation } from "./pool";
import type { Row } from "./row";

interface Rotation {
  /** Whom CA files hold, in order. */
  readonly trusted: readonly Generation[];
  readonly signing: Generation;
}
export const ROTATION: Readonly<Record<Phase, Rotation>> = {
  bare: { trusted: [], signing: "1" },
  steady: { trusted: ["1"], signing: "1" },
  open: { trusted: ["1", "2"], signing: "1" },
  issued: { trusted: ["2", "1"], signing: "2" },
  closed: { trusted: ["2"], signing: "2" },
};

/** What a node of that phase holds whose layout nobody has touched. */
const lined = ({ trusted, signing }: Rotation): Map<string, string> => {
  const files = new Map<string, string>();
  if (trusted.length === 0) return files;
  for (const path of CA_PATHS) {
    const letter = CA_FILES[path] === "ca:etcd" ? "e" : "k";
    files.set(path, pem(trusted.map((generation): CaName => `${letter}${generation}`)));
  }
  files.set(TOKENS, tokenKeys(trusted));
  files.set(`${PKI}/ca.key`, ca(`k${signing}`).key);
  if (trusted.length > 1) {
    files.set(SIGNER.cert, ca(`k${signing}`).cert);
    files.set(SIGNER.key, ca(`k${signing}`).key);
  }
  for (const name of LEAF_NAMES) {
    const { cert, key } = LEAFS[name];
    const pair = leafOf(name, signerOf(name, signing), 0);
    if (cert === key) files.set(cert, pair.cert + pair.key);
    else files.set(cert, pair.cert).set(key, pair.key);
  }
  return files;
};

const layConfs = (files: Map<string, string>, { trusted, signing }: Rotation, { oddities }: Case): void => {
  for (const path of CONFS) {
    const changes = oddities.flatMap((odd) => (odd.kind === "conf" && odd.path === path ? [odd.change] : []));
    const cas = trusted.map((generation): CaName => `k${generation}`);
    files.set(path, confText(path, cas, `k${signing}`, changes));
  }
};

export const lay = (node: StormNode, of: Case): void => {
  const rotation = ROTATION[of.phase];
  const files = lined(rotation);
  if (of.phase !== "bare") layConfs(files, rotation, of);
  const rows = of.oddities.map((odd) => [ODDITIES[odd.kind] as Row<object>, odd] as const);
  for (const [{ fill }, odd] of rows) fill?.(files, odd);
  for (const folder of ["/srv/other", "/opt", "/tmp"])
    fs.mkdirSync(node.path(folder), { mode: 0o755, recursive: true });
  for (const [path, text] of files) node.write(path, text, MODES[path]);
  const current = node.path(CURRENT);
  if (fs.existsSync(dirname(current))) fs.symlinkSync("kubelet-client-kube-pki.pem", current);
  if (of.phase !== "bare")
    for (const path of UNKNOWN) node.write(path, `${path}\n`, path.endsWith(".key") ? 0o600 : 0o644);
  for (const [{ bend }, odd] of rows) bend?.(node, odd);
};
