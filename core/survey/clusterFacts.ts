/** What the API server tells of its cluster. */
import type { ClusterFacts } from "./model";
import { yamlOf } from "./runningOptions";

/** One line for each fact of a node, after the line with its name (node/survey/agent.sh, NODE_FIELDS). */
export const clusterNodes = (text: string | undefined): ClusterFacts["nodes"] | undefined => {
  if (text === undefined) return undefined;
  const [, ...nodes] = `\n${text}`.split("\nnode ");
  return nodes.map((lines) => {
    const [[name = "", version = ""] = [], ...facts] = lines.split("\n").map((line) => line.split(" "));
    const valuesOf = (...words: readonly string[]): string[] =>
      facts.flatMap(([word = "", value = ""]) => (words.includes(word) ? [value] : []));
    return {
      name,
      addresses: valuesOf("InternalIP", "ExternalIP"),
      controlPlane: valuesOf("control-plane").length > 0,
      kubeletVersion: version.replace(/^v/, ""),
      ready: valuesOf("ready").includes("True"),
    };
  });
};

const jsonOf = (json: string | undefined): unknown => {
  try {
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch {
    return undefined;
  }
};

/** v1beta3 and v1beta4 of kubeadm.k8s.io, as far as they concern certificates. */
interface ClusterConfiguration {
  readonly kubernetesVersion?: string;
  readonly controlPlaneEndpoint?: string;
  readonly certificatesDir?: string;
  readonly clusterName?: string;
  readonly certificateValidityPeriod?: string;
  readonly networking?: { readonly serviceSubnet?: string; readonly podSubnet?: string; readonly dnsDomain?: string };
  readonly apiServer?: { readonly certSANs?: readonly string[] };
  readonly etcd?: {
    readonly external?: object;
    readonly local?: { readonly serverCertSANs?: readonly string[]; readonly peerCertSANs?: readonly string[] };
  };
}

/** Of the ConfigMap kube-system/kubeadm-config. */
export const kubeadmFacts = (json: string | undefined): ClusterFacts["kubeadm"] | undefined => {
  const map = jsonOf(json) as { readonly data?: { readonly ClusterConfiguration?: string } } | undefined;
  const text = map?.data?.ClusterConfiguration;
  const found = text === undefined ? undefined : (yamlOf(text) as ClusterConfiguration | null | undefined);
  if (found == null) return undefined;
  const { networking, apiServer, etcd, certificateValidityPeriod } = found;
  return {
    kubernetesVersion: (found.kubernetesVersion ?? "").replace(/^v/, ""),
    controlPlaneEndpoint: found.controlPlaneEndpoint ?? "",
    certificatesDir: found.certificatesDir ?? "/etc/kubernetes/pki",
    clusterName: found.clusterName ?? "kubernetes",
    serviceSubnet: networking?.serviceSubnet ?? "10.96.0.0/12",
    podSubnet: networking?.podSubnet ?? "",
    dnsDomain: networking?.dnsDomain ?? "cluster.local",
    certSans: apiServer?.certSANs ?? [],
    etcd: etcd?.external === undefined ? "local" : "external",
    etcdServerSans: etcd?.local?.serverCertSANs ?? [],
    etcdPeerSans: etcd?.local?.peerCertSANs ?? [],
    ...(certificateValidityPeriod === undefined ? {} : { certificateValidity: certificateValidityPeriod }),
  };
};
