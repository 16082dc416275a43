/** A node whose power goes while its files are being replaced, between two renames. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab/lab";
import type { Run } from "./scenario";

/** Which swap is cut, and after which part of its renames, from 0 to 1. */
export interface Moment {
  readonly node: string;
  readonly verb: "apply" | "trust";
  readonly share: number;
}

/** What a node's transaction tells of itself: node/42-swap.sh. */
const JOURNAL = "/var/lib/kube-pki/tx/journal";

/** In front of the node's own on the script's path, in the place of `mv`; and what it leaves when it holds one up. */
const TOOL = "/usr/local/sbin/mv";
const HELD = "/root/held";

/** Holds up one rename of a swap for good: the swap is then where it is to be cut, however busy this machine is. */
const hold = ({ verb, share }: Moment): string => `#!/bin/sh
if expr "$*" : '.*/[.]kube-pki[.][^/]*[.]new ' >/dev/null && grep -q '^journal ${verb} ' ${JOURNAL}; then
  echo . >>/root/renames
  done=$(($(wc -l </root/renames) - 1))
  of=$(grep -Ec '^(old|none) ' ${JOURNAL})
  at=$((of * ${String(Math.round(share * 100))} / 100))
  [ "$done" -lt "$((at > 0 ? at : 1))" ] || { touch ${HELD}; sleep 600; }
fi
exec /bin/mv "$@"
`;

/** As node/42-swap.sh sums: of a link what it says. */
const sumOf = (file: string): string | undefined => {
  const is = lstatSync(file, { throwIfNoEntry: false });
  if (is === undefined) return undefined;
  const content = is.isSymbolicLink() ? `${readlinkSync(file)}\n` : readFileSync(file);
  return createHash("sha256").update(content).digest("hex");
};

/** Of the files of the swap that was cut there: how many are the new ones, and how many there are. */
const halfOf = (lab: Lab, node: string): { readonly replaced: number; readonly of: number } => {
  const files = readFileSync(lab.onDisk(node, JOURNAL), "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([word]) => word === "old" || word === "none");
  const replaced = files.filter(([, newSum = "", , , path = ""]) => sumOf(lab.onDisk(node, path)) === newSum);
  return { replaced: replaced.length, of: files.length };
};

/** `pulumi up` during which that node loses its power at that moment; the node stays off. */
export const cutDuringUp = async (run: Run, moment: Moment): Promise<void> => {
  const { lab, stack } = run;
  const { node, verb } = moment;
  await lab.must(node, `cat >${TOOL} && chmod 755 ${TOOL} && rm -f /root/renames`, { stdin: hold(moment) });
  let ended = false;
  const up = stack.up().finally(() => (ended = true));
  while (!existsSync(lab.onDisk(node, HELD))) {
    assert.ok(!ended, `pulumi up ended before ${node} replaced anything by ${verb}`);
    await sleep(50);
  }
  await lab.cutPower(node);
  for (const path of [TOOL, HELD]) rmSync(lab.onDisk(node, path));
  const { replaced, of } = halfOf(lab, node);
  run.log(`${node}: ${String(replaced)} of ${String(of)} files were replaced`);
  assert.ok(replaced > 0 && replaced < of, "not one half and not the other");
  assert.notEqual((await up).code, 0, "pulumi up went on without the node");
};
