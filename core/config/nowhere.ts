/** Keys that people look for in a stack file and that are in none, with what to do in their place. */
import type { Path } from "../schema/jsonSchema";
import { placeName, plain } from "./plainWord";

const KUBEADM =
  "kubeadm's configuration is not taken as it is: `npx kube-pki init root@HOST` reads it on a control plane, and writes a stack file";

/** What people look for in a place of the stack file, and is in none. */
const NOWHERE: Readonly<Record<string, string>> = {
  "vault/token": "the token comes from VAULT_TOKEN, so that it is in no file",
  "ssh/password": "log in with a key: ssh.privateKey, or ssh.agent: true",
  "ssh/passphrase": "a key with a passphrase is used through the ssh agent: set ssh.agent: true",
  "ssh/knownhosts": "known_hosts is not read: give the key of each node as nodes[].ssh.hostKey",
  "ssh/hostkeys": "give the key of each node as nodes[].ssh.hostKey",
  "ssh/configfile": "no ssh configuration is read: say user, port and bastion here",
  "ssh/sshconfig": "no ssh configuration is read: say user, port and bastion here",
  "vault/namespace": "the namespace comes from VAULT_NAMESPACE",
  "vault/cacert": "the CA of the server comes from VAULT_CACERT, the path of a file",
  "vault/cafile": "the CA of the server comes from VAULT_CACERT, the path of a file",
  "vault/roleid": "log in before the run, and hand its token on as VAULT_TOKEN",
  "vault/secretid": "log in before the run, and hand its token on as VAULT_TOKEN",
  "nodes[]/labels": "the stack sets no labels: leave it out",
  "nodes[]/taints": "the stack sets no taints: leave it out",
  "cluster/podcidr": "no certificate depends on the network of pods: leave it out",
  "cluster/podcidrs": "no certificate depends on the network of pods: leave it out",
  "cluster/podsubnet": "no certificate depends on the network of pods: leave it out",
  "cluster/clustercidr": "no certificate depends on the network of pods: leave it out",
  "cluster/apiversion": KUBEADM,
  "cluster/kind": KUBEADM,
  "/apiversion": KUBEADM,
  "/clusterconfiguration": KUBEADM,
  "/initconfiguration": KUBEADM,
  "rollout/dryrun": "`pulumi preview` shows what a run would do, and changes nothing",
  "user/kubeconfig": "no kubeconfig is read: give its credential as tokenFile or exec",
  "incluster/kubeconfig": "no kubeconfig is read: give its credential as inCluster.user",
};

export const nowhere = (key: string, place: Path): string | undefined =>
  NOWHERE[`${placeName(place).toLowerCase()}/${plain(key)}`];
