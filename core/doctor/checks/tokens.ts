/** Service account tokens, and the CA that pods are given. */
import type { ConsumerInput } from "../../model/reload";
import { certificateFiles, keyFiles, nodesWith, usesInput, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { apiServerChain } from "../kubeconfigs";
import { leadsTo } from "../signers";
import { andList, nodeList } from "../words";
import { unique } from "../../format/unique";

const SIGNING: readonly ConsumerInput[] = [
  "kube-apiserver/service-account-private",
  "kube-controller-manager/service-account-private",
];

/** Public keys, private ones and certificates will do. */
const accepted = ({ survey }: NodeView): string[] =>
  survey.files
    .filter((file) => usesInput(file, "kube-apiserver/service-account-public"))
    .flatMap(({ publicKeys, keys, certificates }) => [
      ...publicKeys,
      ...keys,
      ...certificates.map(({ publicKey }) => publicKey),
    ]);

const tokenKeys = (node: NodeView, cluster: Cluster): Issue[] =>
  unique(keyFiles(node, ...SIGNING)).flatMap(({ path, keys: [key], uses }): Issue[] => {
    const refusing = nodesWith(cluster, "kube-apiserver").filter((server) => {
      const known = accepted(server);
      return key !== undefined && known.length > 0 && !known.includes(key);
    });
    if (refusing.length === 0) return [];
    const signers = unique(
      uses.filter(({ input }) => input !== undefined && SIGNING.includes(input)).map(({ component }) => component),
    );
    return [
      {
        urgency: "now",
        subject: path,
        text: `${andList(signers)} ${signers.length === 1 ? "signs" : "sign"} service account tokens with ${path}, and kube-apiserver on ${nodeList(refusing.map(({ name }) => name))} refuses them: its --service-account-key-file has no key that fits`,
        remedy: "put the public half of that key into --service-account-key-file of every API server and restart them",
        source: "kubernetes/kops#9531",
      },
    ];
  });

const rootCa = (node: NodeView, cluster: Cluster): Issue[] =>
  certificateFiles(node, "kube-controller-manager/root-ca").flatMap(({ path, certificates }): Issue[] => {
    const failing = nodesWith(cluster, "kube-apiserver").filter((server) => {
      const chain = apiServerChain(server);
      return chain.length > 0 && !leadsTo(chain, certificates);
    });
    if (failing.length === 0) return [];
    return [
      {
        urgency: "now",
        subject: path,
        text: `pods get ${path} as the CA of the API server (--root-ca-file), and no CA in it has signed the certificate of kube-apiserver on ${nodeList(failing.map(({ name }) => name))}`,
        remedy: "add the CA of the API server's certificate to --root-ca-file and restart kube-controller-manager",
      },
    ];
  });

export const TOKENS: readonly Check[] = [
  {
    id: "service-account-keys",
    finds: "keys that sign service account tokens which an API server refuses",
    look: eachNode(tokenKeys),
  },
  {
    id: "root-ca",
    finds: "a CA given to pods that has not signed the API server's certificate",
    look: eachNode(rootCa),
  },
];
