/**
 * Every line that may stand in a payload, with its fields and what it is for: the one list of them. Payloads are checked
 * against it before they are sent (checkLines.ts); `npm run protocol` writes the node's own copy (node/18-grammar.sh) and the
 * lists in docs/node-protocol.md.
 */
import { line, NODE, PART, type LineRow } from "./lineRow";
import { OBJECTS_LINES } from "./objectsGrammar";
import { BACKUP_LINES } from "./backupGrammar";
import { SIGNING_LINES } from "./signingGrammar";

const PROFILE = "name=profile";
const CONSUMER = "name=consumer";
const HEALTH = [CONSUMER, "scheme", "hostPort", "url=path", "profile?"] as const;
const SERVICE = ["name", "kind", "unit"] as const;

export const LINES: readonly LineRow[] = [
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
    "a certificate; profile `signer-g<n>`: the one that the controller manager signs with; unix seconds; its parts: " +
      "`cert:<profile>` in the payload, `key:<profile>` in the payload (keyLocation state) or from keys/<profile>/<id>.key",
  ),
  line(
    "apply",
    "allow",
    [PROFILE, "loss=name or usage"],
    "the certificate in place has it and the new one lacks it, and that is intended",
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
    "the part is merged with the present content of each of its files, see trust; without this line a file has the part alone",
  ),
  line(
    "apply trust",
    "known",
    ["part", "which=sha256|any"],
    "a CA or key of this cluster that is in no part (adoption), by the sha256 of its DER; any: all those in the part's files now",
  ),
  line("apply trust", "server", ["part", "hostPort"], "an entry of a kubeconfig that leads there is this cluster's"),
  line(
    "apply",
    "keep",
    ["path", "part"],
    "apply only: this file is a kubeconfig; entries of the existing one that are not this cluster's stay",
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
    "another CA or key that a guard of this path accepts (adoption), by the sha256 of its DER or of its public key's",
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
    "what that consumer needs when this file changes; a file may have several such lines, or none",
  ),
  line(
    "trust",
    "needs",
    [CONSUMER, PROFILE],
    "while that leaf is not there a consumer that never ran here need not run: the apply that follows starts it",
  ),
  line("apply trust", "before", [CONSUMER, "name=other"], "if both are to be restarted, <other> is stopped first"),
  line(
    "apply trust",
    "alone",
    [CONSUMER],
    "no other node runs one: it is ended by SIGKILL, so that its address stays in the Service `kubernetes`",
  ),
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
    "an etcd member that joins later: it counts once etcd lists more members than this one and those of the `member` lines",
  ),
  line(
    "apply trust",
    "lease",
    [CONSUMER, "hostPort=https host:port", "namespaced", PROFILE],
    "its leader election Lease, and the client that may write it: released when the process has ended; a second line is another API server to ask",
  ),
  line("apply trust", "served", [CONSUMER, "hostPort", PROFILE], "proof: what answers there serves this leaf"),
  line(
    "apply trust",
    "accepted",
    [CONSUMER, "hostPort=https host:port", "url=path", PROFILE],
    "proof: the server there does not answer 401 to this client certificate",
  ),
  line(
    "apply trust",
    "chain",
    [CONSUMER, PROFILE, "path=CA file"],
    "proof: a CA in that file has signed this client certificate",
  ),
  line(
    "apply trust",
    "aggregated",
    [CONSUMER, "hostPort=https host:port", "name=asking profile", PROFILE],
    "proof: an API server behind that one takes this leaf for its front proxy's; nothing where there is none behind it",
  ),
  line(
    "apply",
    "reaches",
    [CONSUMER, "hostPort=https host:port", "name=node", "name=asking profile"],
    "proof: the API server there gets through to the kubelet of that node, where it did before",
  ),
  line(
    "apply trust",
    "trusts",
    [CONSUMER, "path=CA file", "hostPort"],
    "what answers there is signed, for that name, by a CA in the file: as it is to be before anything is touched, and after",
  ),
  line(
    "apply trust",
    "reads",
    [CONSUMER, "option", "path"],
    "if the command line of its process has this option, its last occurrence names the file of that path",
  ),
  line("apply trust", "readsone", [CONSUMER, "option", "path"], "as reads, and one of several such options is enough"),
  line(
    "apply trust",
    "listens",
    [CONSUMER, "option", "number=port"],
    "if the command line of its process has this option, its last occurrence is this port",
  ),
  line("apply trust", "health", HEALTH, "proof: answers 200; https presents that leaf as client certificate"),

  line(
    "trust",
    "kubeconfig-ca",
    ["path", "part"],
    "the certificate-authority-data of this cluster's entries is merged with the part; every other byte, mode and owner " +
      "stay. If the file is missing, or an entry names a CA file, nothing is done",
  ),
  line(
    "trust",
    "seed",
    ["path", "mode", "path=from path", "path?=key path|-"],
    "if <path> is missing and <from> exists, or is part of the payload: a copy, owned by root; not while that key is missing. Of " +
      "several certificates the one that belongs to the key is copied; if none does, or openssl is missing, it is refused",
  ),
  line(
    "trust",
    "round",
    NODE,
    "names the rotation attempt; the node ignores it: with another name the same payload runs once more",
  ),
  line(
    "trust",
    "retirekey",
    ["path", "part", "fate"],
    "if the key there is of a CA of this part that is trusted no more: it is moved to retired/, or destroyed with its copies",
  ),
  line(
    "trust",
    "flag",
    [CONSUMER, "flag"],
    "the consumer's static pod manifest, unit file or EnvironmentFile gets this flag: replaced, or added after the program; a change restarts it",
  ),
  line("trust", "replaceflag", [CONSUMER, "flag"], "as flag, but only replaced, never added"),
  line(
    "trust apply",
    "have",
    ["path", "halves", "part?=ca part|-"],
    "where a leaf lies now: `cert:<profile>[,key:<profile>]`; `have <path> key:<profile> -` where its key is a file of its own",
  ),

  line("check", "node", NODE),
  line("check", "part", PART, [
    ["part mounted:kubernetes <n>", "the CA that pods must have; without it no pod's CA is checked"],
    ["part ca:kubernetes <n>", "the new CA; without it no kubeconfig is checked"],
    ["part ca:etcd <n>", "its new CA, where that is rotated; ca:frontproxy alike"],
    [
      "part old:<name> <n>",
      "the old CAs of that authority, as far as they are known: kubeconfigs of other clusters are then ignored",
    ],
  ]),
  line("check", "token-kid", ["keyId=key id"], "of the new service account key; without it no token is checked"),
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
      "checked then",
  ),
  line("check", "serving", ["serving"], "the kubelet restarts without one that an `old:` CA signed, and asks again"),
  line("check", "health", HEALTH),

  line("alive", "node", NODE),
  line("alive", "round", NODE, "names what is about to be laid; the node ignores it"),
  line("alive", "leaf", [PROFILE, "path"], "where a leaf lies: a PEM file, or a kubeconfig that contains it"),
  line("alive", "authority", ["part=ca part", "path"], "a CA file"),
  line("alive", "api", ["hostPort"], "an API server"),

  ...SIGNING_LINES,
  ...BACKUP_LINES,
  ...OBJECTS_LINES,
];
