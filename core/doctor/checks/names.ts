/** Names that certificates need. */
import { canonicalIp, hostOf, ipText, parseCidr, sanOf, type San } from "../../format/addresses";
import type { ConsumerInput } from "../../model/reload";
import type { CertificateFacts } from "../../survey/model";
import { certificateFiles, componentOn, nodesWith, valueOf, valuesOf, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { apiServerChain, isLoopback, judged, reachedBy } from "../kubeconfigs";
import { leadsTo } from "../signers";
import { andList } from "../words";
import { unique } from "../../format/unique";

/** A name, and who wants it. */
interface Wanted {
  readonly san: San;
  readonly by: string;
  /** Somebody connects to it. */
  readonly isUsed: boolean;
}

/** One spelling of a name. */
const canonical = (san: string): string => {
  const kind = san.slice(0, san.indexOf(":"));
  const value = san.slice(san.indexOf(":") + 1);
  return kind === "IP" ? `IP:${canonicalIp(value) ?? value}` : `${kind}:${value.toLowerCase()}`;
};

/** A wildcard stands for the first label (RFC 6125). */
const covers = ({ sans }: CertificateFacts, wanted: San): boolean => {
  const has = new Set(sans.map(canonical));
  const name = canonical(wanted);
  return has.has(name) || (name.startsWith("DNS:") && has.has(name.replace(/^DNS:[^.]+/, "DNS:*")));
};

const nameText = ({ san }: Wanted): string => san.slice(san.indexOf(":") + 1);

/** The first of them, and how many more there are. */
const wantedBy = (all: readonly string[]): string => {
  const [first = "", ...more] = unique(all);
  return more.length === 0 ? first : `${first} and ${String(more.length)} more`;
};

const lacksText = (path: string, wanted: readonly Wanted[]): string => {
  const names = unique(wanted.map(nameText)).map(
    (name) => `${name} (${wantedBy(wanted.filter((each) => nameText(each) === name).map(({ by }) => by))})`,
  );
  const [noun, pronoun] = names.length === 1 ? ["name", "it"] : ["names", "them"];
  return `${path} lacks the ${noun} ${andList(names)}, so clients that connect by ${pronoun} refuse it`;
};

const lacking = (node: NodeView, input: ConsumerInput, wanted: readonly Wanted[], remedy: string): Issue[] =>
  certificateFiles(node, input).flatMap(({ path, certificates: [leaf] }): Issue[] => {
    const missing = wanted.filter(({ san }) => leaf !== undefined && !covers(leaf, san));
    if (missing.length === 0) return [];
    return [
      {
        urgency: missing.some(({ isUsed }) => isUsed) ? "now" : "soon",
        subject: path,
        text: lacksText(path, missing),
        remedy,
      },
    ];
  });

/** Servers of kubeconfigs that lead to this API server and trust it: who does not trust it has another trouble. */
const connectedBy = (node: NodeView, cluster: Cluster): Wanted[] =>
  cluster.nodes
    .flatMap((each) => judged(each, cluster))
    .filter(
      (entry) =>
        entry.name !== "" &&
        entry.cluster?.insecure !== true &&
        reachedBy(entry, cluster).servers.includes(node) &&
        leadsTo(apiServerChain(node), entry.authorities),
    )
    .map(({ name, path }) => ({ san: sanOf(name), by: `server in ${path}`, isUsed: true }));

const ofServices = (node: NodeView, { facts }: Cluster): Wanted[] => {
  const given = valuesOf(componentOn(node, "kube-apiserver"), "service-cluster-ip-range");
  const cidrs = given.length > 0 ? given : (facts?.kubeadm?.serviceSubnet ?? "").split(",");
  const first = cidrs.flatMap((cidr) => {
    const network = parseCidr(cidr);
    return network === undefined ? [] : [ipText(network.base + 1n, network.bits)];
  });
  return [
    { san: "DNS:kubernetes.default.svc", by: "how pods may call it", isUsed: true },
    ...first.map((ip) => ({ san: sanOf(ip), by: "address of the Service kubernetes", isUsed: true })),
  ];
};

/** Where the Service sends its callers; some clients take the endpoint itself. */
const advertised = (node: NodeView): Wanted[] =>
  valuesOf(componentOn(node, "kube-apiserver"), "advertise-address").map((address) => ({
    san: sanOf(address),
    by: "--advertise-address",
    isUsed: false,
  }));

const ofKubeadm = ({ facts }: Cluster): Wanted[] => {
  const kubeadm = facts?.kubeadm;
  if (kubeadm === undefined) return [];
  const endpoint = kubeadm.controlPlaneEndpoint;
  const host = endpoint === "" ? [] : [endpoint.includes(":") ? hostOf(endpoint) : endpoint];
  return [
    ...host.map((name) => ({ san: sanOf(name), by: "controlPlaneEndpoint of kubeadm", isUsed: true })),
    ...kubeadm.certSans.map((name) => ({ san: sanOf(name), by: "certSANs of kubeadm", isUsed: false })),
  ];
};

const apiServerSans = (node: NodeView, cluster: Cluster): Issue[] =>
  componentOn(node, "kube-apiserver") === undefined
    ? []
    : lacking(
        node,
        "kube-apiserver/serving",
        [...connectedBy(node, cluster), ...ofServices(node, cluster), ...advertised(node), ...ofKubeadm(cluster)],
        "issue it again with these names (`cluster.extraSans` of a stack, apiServer.certSANs of kubeadm)",
      );

/** Of `https://10.0.0.1:2379` and `https://[fd00::1]:2379`; without TLS no name is asked for. */
const hostsIn = (urls: readonly string[]): string[] =>
  urls.flatMap((url) => {
    const [, v6, other] = /^https:\/\/(?:\[([^\]]+)\]|([^:/]+))/.exec(url) ?? [];
    return v6 ?? other ?? [];
  });

const isHere = (node: NodeView, host: string): boolean =>
  node.survey.host.addresses.some((address) => canonicalIp(address) === canonicalIp(host));

const etcdSans = (node: NodeView, cluster: Cluster): Issue[] => {
  const etcd = componentOn(node, "etcd");
  if (etcd === undefined) return [];
  const from = (option: string): Wanted[] =>
    hostsIn(valuesOf(etcd, option)).map((host) => ({ san: sanOf(host), by: `--${option}`, isUsed: true }));
  const called = nodesWith(cluster, "kube-apiserver").flatMap((each): Wanted[] =>
    hostsIn(valuesOf(componentOn(each, "kube-apiserver"), "etcd-servers"))
      .filter((host) => isHere(node, host) || (each === node && isLoopback(host)))
      .map((host) => ({ san: sanOf(host), by: "--etcd-servers of kube-apiserver", isUsed: true })),
  );
  const remedy = "issue it again with these names";
  return [
    ...lacking(node, "etcd/serving", [...from("advertise-client-urls"), ...called], remedy),
    ...lacking(node, "etcd/peer", from("initial-advertise-peer-urls"), remedy),
  ];
};

/** API servers call a kubelet by one of its node's addresses, and verify it only where they are told to. */
const kubeletSans = (node: NodeView, cluster: Cluster): Issue[] => {
  const isVerified = nodesWith(cluster, "kube-apiserver").some(
    (server) => valueOf(componentOn(server, "kube-apiserver"), "kubelet-certificate-authority") !== undefined,
  );
  const { hostname, addresses } = node.survey.host;
  const names = [...addresses, hostname.toLowerCase()];
  return certificateFiles(node, "kubelet/serving").flatMap(({ path, certificates: [leaf] }): Issue[] =>
    !isVerified || leaf === undefined || names.some((name) => covers(leaf, sanOf(name)))
      ? []
      : [
          {
            urgency: "now",
            subject: path,
            text: `${path} names neither the host nor one of its addresses, so kube-apiserver refuses the kubelet for logs and exec`,
            remedy: `issue it again with ${andList(names)}`,
          },
        ],
  );
};

export const NAMES: readonly Check[] = [
  {
    id: "apiserver-sans",
    finds:
      "names that the API server's certificate lacks: servers of kubeconfigs, the Service `kubernetes`, its own address, kubeadm's endpoint and certSANs",
    look: eachNode(apiServerSans),
  },
  {
    id: "etcd-sans",
    finds: "names that etcd's certificates lack: its advertised addresses, and how API servers call it",
    look: eachNode(etcdSans),
  },
  {
    id: "kubelet-sans",
    finds: "serving certificates of kubelets without any name of the host, where API servers verify them",
    look: eachNode(kubeletSans),
  },
];
