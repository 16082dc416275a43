/** The lines of the verb `cluster`, as in grammar.ts. */
import { line, NODE, PART, type LineRow } from "./lineRow";

export const CLUSTER_LINES: readonly LineRow[] = [
  line("cluster", "node", NODE),
  line("cluster", "kubeconfig", ["path"]),
  line("cluster", "part", PART, [
    ["part ca:kubernetes <n>", "the CA that stays trusted"],
    ["part ca:frontproxy <n>", "for authentication-clean"],
    [
      "part old:<name> <n>",
      "the old CAs; without one ca-bundles takes what kube-root-ca.crt holds beside the new ones",
    ],
    ["part manifest <n>", 'for workers: it as JSON, with @revision@ and "@at-once@"'],
    ["part step:<n> <n>", "for workers: templates, in order"],
  ]),
  line("cluster", "token-kid", ["keyId=key id"], "for tokens"),
  line(
    "cluster",
    "since",
    ["number=unix seconds"],
    "when the new CA was published everywhere: pods that began by then count as old",
  ),
  line(
    "cluster",
    "visited",
    NODE,
    "a node of the stack: `nodes` does not report it, and mounted-elsewhere does not wait for it, since its own check covers its pods",
  ),
  line("cluster", "visitors", ["namespaced"], "the DaemonSet whose pods visit other nodes"),
  line("cluster", "task", ["task=name"], "in the order of the lines"),
  line("cluster", "rewrite", ["rewritten", "object", "part"]),
  line("cluster", "workload", ["rolled", "namespaced"], "for may-restart"),
  line("cluster", "reload", ["rolled", "namespaced"], "reloads ca.crt by itself: restart-all and pods skip it"),
  line("cluster", "gate", ["gate", "switch"], "as in check"),
  line(
    "cluster",
    "workers",
    ["namespaced", "share=n or n%", "switch=canary on|off"],
    "for workers: the DaemonSet, how many nodes at once, one alone first",
  ),
];
