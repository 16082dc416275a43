/**
 * Every line that may stand in a payload, with its fields and what it is for: the one list of them. Payloads are checked
 * against it before they are sent (lines.ts); `npm run protocol` writes the node's own copy (node/18-grammar.sh) and the
 * lists in docs/node-protocol.md.
 */
import { ALGORITHMS } from "../model/algorithms";
import { checkedField, type FieldKind } from "../format/protocolFields";

/** What nodes are asked for with lines of their own. */
export const LINE_VERBS = ["request", "apply", "trust", "check", "issue", "cluster"] as const;
export type LineVerb = (typeof LINE_VERBS)[number];

/** A field; `kind=label` where the kind alone does not tell what it is. */
type Field = FieldKind | `${FieldKind}=${string}`;

/** For docs/node-protocol.md: what the line is for, or that of each form it has, where it has several. */
type Says = string | readonly (readonly [form: string, says: string])[];

export interface LineRow {
  /** Documented with the first of them. */
  readonly verbs: readonly LineVerb[];
  readonly word: string;
  readonly fields: readonly Field[];
  readonly says: Says;
}

const line = (verbs: string, word: string, fields: readonly Field[], says: Says = ""): LineRow => ({
  verbs: verbs.split(" ") as LineVerb[],
  word,
  fields,
  says,
});

const NODE = ["name"] as const;
const PART = ["part=name", "number=n"] as const;
const PROFILE = "name=profile";
const CONSUMER = "name=consumer";
const HEALTH = [CONSUMER, "scheme", "hostPort", "url=path", "profile?"] as const;
const SERVICE = ["name", "kind", "unit"] as const;

export const LINES: readonly LineRow[] = [
  line("request", "node", NODE),
  line("request", "leaf", [PROFILE, "name=id", "algorithm"], `algorithm: ${ALGORITHMS.join(" ")}`),
  line("request", "cn", [PROFILE, "subject=CN"]),
  line("request", "o", [PROFILE, "subject=O"], "none, one or several"),
  line("request", "san", [PROFILE, "san=SAN"], "none, one or several"),

  line("apply trust", "node", NODE),
  line(
    "apply trust",
    "start",
    ["start"],
    "bare: a service that was never seen running here is skipped; existing: it is an error",
  ),
  line("apply trust", "part", PART, "the n lines that follow are the part's text, which is not empty"),
  line(
    "apply",
    "leaf",
    [PROFILE, "name=id", "number=issued", "number=expires", "part=ca part"],
    "a certificate, or `signer-g<n>`, what the controller manager signs with; unix seconds; parts: `cert:<profile>` given, " +
      "`key:<profile>` given (keyLocation state) or taken from keys/<profile>/<id>.key",
  ),
  line(
    "apply trust",
    "file",
    ["path", "mode", "owner", "owner=group", "parts"],
    "content: the parts one after another",
  ),
  line("apply", "link", ["path", "file=target name"], "symbolic link to a file of this payload in the same folder"),
  line(
    "apply trust",
    "trust",
    ["part", "merge"],
    "the part is merged with what each of its files holds, see trust; without this line a file is just the part",
  ),
  line(
    "apply trust",
    "known",
    ["part", "which=sha256|any"],
    "a CA or key of this cluster that no part holds, by the sha256 of its DER: adoption; any: all that the files of the part " +
      "hold now",
  ),
  line("apply trust", "server", ["part", "hostPort"], "an entry of a kubeconfig that leads there is this cluster's"),
  line(
    "apply",
    "keep",
    ["path", "part"],
    "apply only: this file is a kubeconfig; what is in the one that is there, and not this cluster's, stays",
  ),
  line(
    "apply trust",
    "guard",
    ["path", "parts"],
    "if the file exists, one of its certificates or keys must be of these parts (a foreign one is never overwritten)",
  ),
  line(
    "apply trust",
    "pin",
    ["path", "sha256"],
    "another one that a guard of this path takes, by the sha256 of its DER or of its public key's: adoption names the CA or key it takes over",
  ),
  line(
    "apply trust",
    "stale",
    ["path", "part"],
    "the file must hold none of this part's certificates: an earlier rotation has not ended",
  ),
  line(
    "apply trust",
    "only",
    ["path", "part"],
    "the file must hold nothing but this part's certificates: nothing is dropped silently",
  ),
  line("apply trust", "consumer", SERVICE, "in the order in which they are handled"),
  line(
    "apply trust",
    "use",
    [CONSUMER, "act", "path"],
    "what a change of this file asks of that consumer; a file may have several, or none: then nothing is asked",
  ),
  line("apply trust", "before", [CONSUMER, "name=other"], "if both are to be restarted, <other> is stopped first"),
  line(
    "apply trust",
    "member",
    [CONSUMER, "hostPort"],
    "another etcd member: healthy before and after this one is restarted",
  ),
  line(
    "apply trust",
    "joining",
    [CONSUMER, "hostPort"],
    "a machine that is to be one: counts from then on that etcd lists more members than this one and the `member` lines",
  ),
  line(
    "apply trust",
    "lease",
    [CONSUMER, "hostPort=https host:port", "namespaced", PROFILE],
    "the Lease it leads by, and who may write it: given back when it has ended; a second line is another API server to ask",
  ),
  line("apply trust", "served", [CONSUMER, "hostPort", PROFILE], "proof: what answers there serves this leaf"),
  line(
    "apply trust",
    "accepted",
    [CONSUMER, "hostPort=https host:port", "url=path", PROFILE],
    "proof: the server there does not answer 401 to this client certificate",
  ),
  line("apply trust", "health", HEALTH, "proof: answers 200; https presents that leaf as client certificate"),

  line(
    "trust",
    "kubeconfig-ca",
    ["path", "part"],
    "the certificate-authority-data of this cluster's entries is merged with the part; every other byte, mode and owner " +
      "stay. No file there, or an entry that names a CA file: nothing is done",
  ),
  line(
    "trust",
    "seed",
    ["path", "mode", "path=from path", "path?=key path|-"],
    "<path> is not there and <from> is: a copy, owned by root. Of several certificates the one that belongs to that key is " +
      "copied; where none does, or openssl is missing, it is refused",
  ),
  line("trust", "round", NODE, "nothing is done with it: another name has the same payload run once more"),
  line(
    "trust",
    "flag",
    [CONSUMER, "flag"],
    "the consumer's static pod manifest or unit file has this flag: replaced, or added behind the program; a change restarts it",
  ),
  line("trust", "replaceflag", [CONSUMER, "flag"], "as flag, but one that is not there is not added"),
  line(
    "trust apply",
    "have",
    ["path", "halves", "part?=ca part|-"],
    "where a leaf lies now: `cert:<profile>[,key:<profile>]`; `have <path> key:<profile> -` where its key is a file of its own",
  ),

  line("check", "node", NODE),
  line("check", "part", PART, [
    ["part mounted:kubernetes <n>", "the CA that pods are to have; without it no pod's CA is looked at"],
    ["part ca:kubernetes <n>", "the CA that stays; without it no kubeconfig is looked at"],
    ["part old:<name> <n>", "CAs that go, as far as they are known: kubeconfigs of other clusters are then ignored"],
  ]),
  line(
    "check",
    "token-kid",
    ["keyId=key id"],
    "of the service account key that stays; without it no token is looked at",
  ),
  line(
    "check",
    "gate",
    ["gate", "switch"],
    "off: what is found is reported, not refused, and not waited for (`rotation.force`)",
  ),
  line(
    "check",
    "consumer",
    SERVICE,
    "the kubelet: restarted where a pod has a token of another key; with its `health` lines as in apply. No kubeconfig is " +
      "looked at then",
  ),
  line("check", "health", HEALTH),

  line("issue", "node", NODE),
  line("issue", "kubeconfig", ["path"], "the kubelet's: its server, whom it trusts, its client certificate"),
  line("issue", "part", PART, [
    ["part ca:kubernetes <n>", "the CA that signs"],
    ["part apply <n>", "lines of apply, without the leaf and its certificate"],
  ]),
  line("issue", "leaf", [PROFILE, "name=id", "algorithm"]),
  line("issue", "cn", [PROFILE, "subject=CN"]),
  line("issue", "o", [PROFILE, "subject=O"]),

  line("cluster", "node", NODE),
  line("cluster", "kubeconfig", ["path"]),
  line("cluster", "part", PART, [
    ["part ca:kubernetes <n>", "the CA that stays"],
    ["part ca:frontproxy <n>", "for authentication-clean"],
    [
      "part old:<name> <n>",
      "CAs that go; without one ca-bundles takes what kube-root-ca.crt holds beside those that stay",
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
    "a node of the stack: `nodes` knows it, and mounted-elsewhere does not wait for it, since its own check looks at its pods",
  ),
  line("cluster", "visitors", ["namespaced"], "the DaemonSet whose pods visit other nodes"),
  line("cluster", "task", ["task=name"], "in the order of the lines"),
  line("cluster", "rewrite", ["rewritten", "object", "part"]),
  line("cluster", "workload", ["rolled", "namespaced"], "for may-restart"),
  line("cluster", "reload", ["rolled", "namespaced"], "reads ca.crt anew: neither restart-all nor pods mean it"),
  line("cluster", "gate", ["gate", "switch"], "as in check"),
  line(
    "cluster",
    "workers",
    ["namespaced", "share=n or n%", "switch=canary on|off"],
    "for workers: the DaemonSet, how many nodes at once, one alone first",
  ),
];

/** Of a field of a row. */
export const kindOf = (field: Field): FieldKind => field.split("=")[0] as FieldKind;
export const labelOf = (field: Field): string | undefined => field.split("=")[1];

const KNOWN: ReadonlyMap<string, readonly FieldKind[]> = new Map(
  LINES.flatMap(({ verbs, word, fields }) => verbs.map((verb) => [`${verb} ${word}`, fields.map(kindOf)] as const)),
);

/** @throws where a line is not of the list: the node would refuse it */
export const checkLines = (verb: LineVerb, lines: readonly string[]): void => {
  let text = 0; // lines of a part that are still to come
  for (const each of lines) {
    if (text > 0) {
      text -= 1;
      continue;
    }
    const [word = "", ...fields] = each.split(" ");
    const kinds = KNOWN.get(`${verb} ${word}`);
    if (kinds === undefined)
      throw new Error(`node protocol, ${verb}: core/protocol/grammar.ts has no line \`${word}\``);
    if (kinds.length !== fields.length)
      throw new Error(
        `node protocol, ${verb}: ${word} takes ${String(kinds.length)} fields, not ${String(fields.length)}`,
      );
    for (const [at, kind] of kinds.entries()) checkedField(kind, fields[at] ?? "", `node protocol, ${verb} ${word}`);
    if (word === "part") text = Number(fields[1]);
  }
};
