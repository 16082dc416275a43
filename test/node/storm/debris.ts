/** What killed runs, older scripts and people may have left in the state folder and beside live files. */
import * as fs from "node:fs";
import { CA, LEAFS, STATE } from "./layout";
import type { StormNode } from "./node";
import { ca, certificatesIn, leafOf } from "./pool";

const beside = (path: string, ending: string): string => path.replace(/([^/]+)$/, `.kube-pki.$1.${ending}`);

const LEFT = {
  new: (node: StormNode) => {
    for (const { key } of Object.values(LEAFS)) if (node.has(key)) node.write(beside(key, "new"), "half a k", 0o600);
  },
  old: (node: StormNode) => {
    if (node.has(CA)) node.write(beside(CA, "old"), ca("f2").cert);
  },
  runs: (node: StormNode) => {
    for (const name of ["run.4194999.77", "look.4194999.77", "in.4194999"])
      node.write(`${STATE}/${name}/in`, "x", 0o600);
    node.write(`${STATE}/run.4194998.1/worker`, "- 4194998 1\n", 0o600);
  },
  heldLock: (node: StormNode) => {
    fs.rmSync(node.path(`${STATE}/lock.held`), { force: true });
    fs.symlinkSync("0 4194999 77", node.path(`${STATE}/lock.held`));
    node.write(`${STATE}/lock.d/pid`, "4194999\n");
  },
  emptyTx: (node: StormNode) => {
    fs.mkdirSync(node.path(`${STATE}/tx`), { mode: 0o700, recursive: true });
  },
  txParts: (node: StormNode) => {
    node.write(`${STATE}/tx/parts/key:web`, leafOf("web", "k1", 9).key, 0o600);
    node.write(`${STATE}/tx/plan`, "node n1\nfile /etc/kuber");
    node.write(`${STATE}/tx/facts`, "1 file repl");
  },
  txCommitted: (node: StormNode) => {
    node.write(`${STATE}/tx/committed`, "");
    node.write(`${STATE}/tx/applied`, "sum none\n");
  },
  appliedJunk: (node: StormNode) => {
    node.write(`${STATE}/applied`, "\nleaf\nsum\nleaf web\n%s \\n * $(touch /x)\n");
  },
  oursJunk: (node: StormNode) => {
    node.write(
      `${STATE}/ours`,
      "ca:kubernetes\n\nca:kubernetes CERTIFICATE !!!!\nca:kubernetes CERTIFICATE AAAA\nxx yy\n",
      0o600,
    );
  },
  remembers: (node: StormNode) => {
    const lines = (["k1", "k2"] as const).flatMap((name) => certificatesIn(ca(name).cert));
    node.write(`${STATE}/ours`, lines.map((line) => `ca:kubernetes ${line}\n`).join(""), 0o600);
  },
  recovered: (node: StormNode) => {
    node.write(`${STATE}/recovered`, "an earlier run, which was interrupted, was undone (3 put back)\n");
  },
  planOnly: (node: StormNode) => {
    node.write(`${STATE}/plan`, "node n1\nfile /etc/kubernetes/pki/gone.crt 0644 root root cert:gone\n");
  },
  openFolder: (node: StormNode) => {
    fs.chmodSync(node.path(STATE), 0o755);
  },
  noFolders: (node: StormNode) => {
    for (const name of ["backup", "keys"]) node.write(`${STATE}/${name}/x/y`, "x");
  },
};

export const DEBRIS: Readonly<Record<keyof typeof LEFT, (node: StormNode) => void>> = LEFT;
export const DEBRIS_NAMES = Object.keys(LEFT) as (keyof typeof LEFT)[];
