/** What each contestant does, side by side. */

interface Duty {
  readonly duty: string;
  readonly ours: string;
  /** The shell loop and Ansible, which run the same scripts on nodes. */
  readonly peers: string;
}

const both = (duty: string): Duty => ({ duty, ours: "yes", peers: "yes" });
const oursAlone = (duty: string, peers = "no"): Duty => ({ duty, ours: "yes", peers });

/** @param settleSeconds after which what peers have restarted has to prove itself again */
export const duties = (settleSeconds: number, ourSettleSeconds: number): readonly Duty[] => [
  both("key and signing request made on the node, signed on the controller"),
  both("certificate checked against the node's CA and its key before anything is touched"),
  both("backup of what is replaced, five kept; fsync, then rename"),
  both("restart of what does not reload by itself"),
  oursAlone(
    "proof by the certificate that is served on each port, by health, and by the API server and etcd taking the client certificates",
    "yes; after steps that change only what is trusted, by health alone",
  ),
  oursAlone(
    `proof again ${String(ourSettleSeconds)} s after the restart, by the same process`,
    settleSeconds === 0 ? "no" : `after ${String(settleSeconds)} s`,
  ),
  both("old files put back, and restarted, if a proof fails"),
  both("control planes one by one, one worker first, then a quarter of the workers at once"),
  both("rotation in three phases: trust both, issue, trust the new alone"),
  { duty: "nothing due: each node's real files are looked at", ours: "no, the state alone", peers: "yes" },
  oursAlone("interrupted node (power, lost connection) repaired at boot, by a journal"),
  oursAlone("one run at a time on a node (lock); a run that lost its connection goes on"),
  oursAlone(
    "names and usages that the new certificate would lose, foreign files and folders with other owners refused",
  ),
  oursAlone("before the old CA is dropped each node is asked who still needs it, tokens of pods among them"),
  oursAlone("a rotation that was stopped half-way goes on", "no, by hand"),
  oursAlone("kube-controller-manager's Lease released, API servers' clients and kubelets tried through the API"),
];

/** Why kubeadm is no contestant. */
export const KUBEADM =
  "`kubeadm certs renew` is not raced: it renews files of kubeadm's own layout on control planes, neither the workers' certificates nor CAs, " +
  "and these nodes have the layout `hardway`, with stubs in the place of components.";
