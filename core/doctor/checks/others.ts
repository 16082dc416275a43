/** Who else reads, renews or reaches the PKI. */
import { parseDuration } from "../../format/duration";
import { certificateFiles, componentOn, isOn, usesInput, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { andList, DAY_MS } from "../words";
import { unique } from "../../format/unique";

const readers = ({ survey }: NodeView, { stack }: Cluster): Issue[] =>
  unique(survey.readers.map(({ name }) => name)).map((name) => {
    const paths = unique(survey.readers.filter((each) => each.name === name).map(({ path }) => path));
    return {
      urgency: "notice",
      subject: name,
      text: `${name} reads ${andList(paths)}, and nothing restarts it when that is renewed`,
      remedy: stack === undefined ? "restart it after a renewal" : "list it under rollout.readers of the stack",
    };
  });

const renewers = ({ survey }: NodeView, { stack }: Cluster): Issue[] =>
  survey.renewers.map((unit) => ({
    urgency: stack === undefined ? "notice" : "soon",
    subject: unit,
    text:
      stack === undefined
        ? `${unit} renews certificates on this node`
        : `${unit} renews certificates on this node too, behind the stack's back`,
    remedy: stack === undefined ? "disable it before another tool renews" : `\`systemctl disable --now ${unit}\``,
  }));

interface Port {
  readonly what: string;
  readonly option: string;
  readonly ca: string;
  readonly source: string;
}

const PORTS: readonly Port[] = [
  { what: "clients", option: "client-cert-auth", ca: "trusted-ca-file", source: "CIS 2.2" },
  { what: "peers", option: "peer-client-cert-auth", ca: "peer-trusted-ca-file", source: "CIS 2.5" },
];

const isLocal = (address: string): boolean => address === "::1" || address.startsWith("127.");

/** A CA file alone makes etcd ask for certificates as well (client/pkg/transport/listener.go). */
const openEtcd = (node: NodeView): Issue[] => {
  const etcd = componentOn(node, "etcd");
  if (etcd === undefined || etcd.listens.every(({ address }) => isLocal(address))) return [];
  const hasCa = (name: string) =>
    node.survey.files.some(({ uses }) => uses.some(({ component, option }) => component === "etcd" && option === name));
  return PORTS.filter(({ option, ca }) => !isOn(etcd, option) && !hasCa(ca)).map(({ what, option, ca, source }) => ({
    urgency: "now",
    subject: "etcd",
    text: `etcd lets in ${what} without a certificate: neither --${option} nor --${ca} is set`,
    remedy: `set --${option}=true and --${ca}`,
    source,
  }));
};

/** "8760h0m0s", as Go writes it. */
const validityDays = (text: string): number | undefined => {
  const total = parseDuration(text);
  return total === undefined ? undefined : (total * 1000) / DAY_MS;
};

const SHORT_DAYS = 90;
const LONG_DAYS = 825;

const kubeadmValidity: Check["look"] = (cluster) => {
  const given = cluster.facts?.kubeadm?.certificateValidity;
  const days = given === undefined ? undefined : validityDays(given);
  const [first] = cluster.nodes.filter(({ survey }) => survey.cluster?.kubeadm !== undefined);
  if (given === undefined || days === undefined || first === undefined) return [];
  const issue = {
    node: first.name,
    subject: "kubeadm-config",
    remedy: "set certificateValidityPeriod to 8760h (`kubectl -n kube-system edit configmap kubeadm-config`)",
  };
  if (days < SHORT_DAYS)
    return [
      {
        ...issue,
        urgency: "soon",
        text: `kubeadm issues certificates for ${String(Math.floor(days))} days (certificateValidityPeriod: ${given}) and renews them only at upgrades`,
      },
    ];
  if (days <= LONG_DAYS) return [];
  return [
    {
      ...issue,
      urgency: "notice",
      text: `kubeadm issues certificates for ${String(Math.floor(days))} days (certificateValidityPeriod: ${given}), and Kubernetes cannot revoke a client certificate`,
    },
  ];
};

const kubeadmFolder = (node: NodeView, { facts }: Cluster): Issue[] => {
  const folder = facts?.kubeadm?.certificatesDir;
  const [serving] = certificateFiles(node, "kube-apiserver/serving");
  if (folder === undefined || serving === undefined || serving.path.startsWith(`${folder}/`)) return [];
  if (serving.real?.startsWith(`${folder}/`) === true || !usesInput(serving, "kube-apiserver/serving")) return [];
  return [
    {
      urgency: "soon",
      subject: "kubeadm-config",
      text: `kubeadm renews in ${folder} (certificatesDir), but kube-apiserver reads ${serving.path}`,
      remedy: "make certificatesDir of kubeadm-config and the options of kube-apiserver name one folder",
    },
  ];
};

export const OTHERS: readonly Check[] = [
  { id: "etcd-open", finds: "an etcd that asks clients or peers for no certificate", look: eachNode(openEtcd) },
  {
    id: "kubeadm-folder",
    finds: "a kubeadm that renews in another folder than the API server reads",
    look: eachNode(kubeadmFolder),
  },
  {
    id: "kubeadm-validity",
    finds: "a kubeadm that issues for less than 90 or more than 825 days",
    look: kubeadmValidity,
  },
  {
    id: "renewer",
    finds: "units that renew certificates; beside a stack they undo its work",
    look: eachNode(renewers),
  },
  { id: "reader", finds: "programs that read files of the PKI and that nobody restarts", look: eachNode(readers) },
];
