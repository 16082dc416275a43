// A stack is one cluster. `npx kube-pki init root@<a control plane>` writes the stack file of a cluster that runs;
// node_modules/kube-pki/dist/stacks/Pulumi.example.yaml has the fields that most clusters need.
import { ClusterPki, stackFile, stackOutputs } from "kube-pki";

const { name, args, authorityDigest } = stackFile();
const pki = new ClusterPki(name, args);

// all but `summary` and the requests are secrets: pulumi prints those in one line (--show-secrets shows them)
export const { summary, certificates, authorities, nodes, trust, kubeconfigs, signingRequests } = stackOutputs(pki);
// by it `kube-pki up` knows that a run will only renew
export { authorityDigest };
