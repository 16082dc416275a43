/** The lines of the verb `objects`, as in grammar.ts: one request a payload, and no other than these. */
import { line, NODE, PART, type LineRow } from "./lineRow";

const AT = ["namespace?=namespace|-", "object"] as const;

export const OBJECTS_LINES: readonly LineRow[] = [
  line("objects", "node", NODE),
  line("objects", "kubeconfig", ["path"], "an administrator's, on this node"),
  line("objects", "part", PART, [
    ["part ca:<authority> <n>", "a CA of this cluster: its kubeconfig's context is the one that leads there"],
    ["part body <n>", "for patch, create, apply, approve and sync-pods: JSON"],
  ]),
  line("objects", "get", ["read=kind", ...AT], "one object, nothing if there is none"),
  line(
    "objects",
    "list",
    ["read=kind", "namespace?=namespace|-", "fields?=field selector|-", "labels?=label selector|-"],
    "`-`: of all namespaces, without a selector",
  ),
  line("objects", "patch", ["patched=kind", ...AT, "patch=type"]),
  line("objects", "remove", ["deleted=kind", ...AT]),
  line("objects", "create", []),
  line("objects", "apply", [], "server-side"),
  line(
    "objects",
    "approve",
    ["object"],
    "the signing request of that name with a condition more, as it was read: `changed` where it has another uid or resource version by now",
  ),
  line("objects", "sync-pods", ["name=mark"], "each pod of the list in the body gets the annotation `kube-pki/synced`"),
  line("objects", "token-headers", [], "the header of each service account token in a Secret, and nothing else of it"),
  line(
    "objects",
    "held-certificates",
    [],
    "of each entry of a Secret that begins with a certificate the certificates, and nothing else of it",
  ),
  line(
    "objects",
    "certificates-in",
    AT,
    "the certificates of that Secret as above, after a line `secret ours|other`: whether a run has written it; nothing if there is none",
  ),
  line("objects", "kubelet", ["name=node"], "whether an API server reaches that node's kubelet; several such lines"),
  line(
    "objects",
    "ours",
    ["authority"],
    "the CAs of this cluster that this node knows, those of earlier generations too",
  ),
];
