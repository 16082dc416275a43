/** Surveys of a cluster of systemd units, in the places of the layout hardway: etcd by itself, control planes without kubelets. */
import type { Visit } from "../../../core/init/visits";
import type { ConsumerName } from "../../../core/model/reload";
import type {
  CertificateFacts,
  ComponentFacts,
  FileFacts,
  KubeconfigFacts,
  OptionFacts,
} from "../../../core/survey/model";
import { surveyOf, visitOf, type Cas, type NodeWish } from "./cluster";
import { fileOf, kubeconfigOf, leafOf, type Ca } from "./facts";

const KUBERNETES = "/var/lib/kubernetes";
export const YEARS = { notBefore: "2026-05-01T00:00:00Z", notAfter: "2027-05-01T00:00:00Z", algorithm: "ECDSA-P256" };

export const unit = (
  name: ConsumerName,
  options: Readonly<Record<string, string>>,
  listens: ComponentFacts["listens"] = [],
): ComponentFacts => ({
  name,
  pid: 100 + name.length,
  uid: 0,
  gid: 0,
  startedAt: "2026-05-01T00:01:00Z",
  version: name === "etcd" ? "3.6.5" : "1.36.3",
  start: {
    by: "systemd",
    unit: `${name}.service`,
    file: `/etc/systemd/system/${name}.service`,
    dropIns: [],
    environmentFiles: [],
    needsReload: false,
    enabled: true,
  },
  options: Object.entries(options).map(([option, value]): OptionFacts => ({
    name: option,
    values: [value],
    from: "command line",
  })),
  listens,
});

interface Parts {
  readonly components: readonly ComponentFacts[];
  readonly files: readonly FileFacts[];
  readonly kubeconfigs: readonly KubeconfigFacts[];
}

const caFile = (path: string, { facts }: Ca): FileFacts => fileOf(path, { certificates: [facts] });
export const pair = (base: string, certificate: CertificateFacts): FileFacts[] => [
  fileOf(`${base}.crt`, { certificates: [certificate] }),
  fileOf(`${base}.key`, { keys: [certificate.publicKey] }),
];
const config = (path: string, server: string, ca: Ca, subject: string): KubeconfigFacts =>
  kubeconfigOf(path, server, ca.facts, leafOf(ca, { ...YEARS, subject }), {
    cluster: "hard",
    user: subject.replace(/.*CN=/, ""),
  });

export const etcd = ({ name, address }: NodeWish, cas: Cas, home = "/etc/etcd"): Parts => {
  const leaf = leafOf(cas.etcd, {
    ...YEARS,
    subject: `CN=${name}`,
    usages: ["serverAuth", "clientAuth"],
    sans: [`DNS:${name}`, "DNS:localhost", `IP:${address}`, "IP:127.0.0.1", "IP:::1"],
  });
  const options = {
    name,
    "cert-file": `${home}/server.crt`,
    "key-file": `${home}/server.key`,
    "trusted-ca-file": `${home}/ca.crt`,
    "peer-cert-file": `${home}/peer.crt`,
    "peer-key-file": `${home}/peer.key`,
    "peer-trusted-ca-file": `${home}/ca.crt`,
    "listen-client-urls": `https://${address}:2379,https://127.0.0.1:2379`,
    "listen-peer-urls": `https://${address}:2380`,
    "initial-cluster": "e1=https://10.0.0.31:2380,e2=https://10.0.0.32:2380,e3=https://10.0.0.33:2380",
  };
  return {
    components: [
      unit("etcd", options, [
        { address, port: 2379 },
        { address: "127.0.0.1", port: 2379 },
        { address, port: 2380 },
      ]),
    ],
    files: [caFile(`${home}/ca.crt`, cas.etcd), ...pair(`${home}/server`, leaf), ...pair(`${home}/peer`, leaf)],
    kubeconfigs: [],
  };
};

const API_SERVER = {
  "advertise-address": "",
  "client-ca-file": `${KUBERNETES}/ca.crt`,
  "etcd-cafile": `${KUBERNETES}/etcd-ca.crt`,
  "etcd-certfile": `${KUBERNETES}/apiserver-etcd-client.crt`,
  "etcd-keyfile": `${KUBERNETES}/apiserver-etcd-client.key`,
  "etcd-servers": "https://10.0.0.31:2379,https://10.0.0.32:2379,https://10.0.0.33:2379",
  "kubelet-certificate-authority": `${KUBERNETES}/ca.crt`,
  "kubelet-client-certificate": `${KUBERNETES}/apiserver-kubelet-client.crt`,
  "kubelet-client-key": `${KUBERNETES}/apiserver-kubelet-client.key`,
  "requestheader-client-ca-file": `${KUBERNETES}/front-proxy-ca.crt`,
  "proxy-client-cert-file": `${KUBERNETES}/front-proxy-client.crt`,
  "proxy-client-key-file": `${KUBERNETES}/front-proxy-client.key`,
  "service-account-key-file": `${KUBERNETES}/service-accounts.pub`,
  "service-account-signing-key-file": `${KUBERNETES}/service-accounts.key`,
  "service-cluster-ip-range": "10.32.0.0/24",
  "tls-cert-file": `${KUBERNETES}/kube-apiserver.crt`,
  "tls-private-key-file": `${KUBERNETES}/kube-apiserver.key`,
};

const CONTROLLER_MANAGER = {
  "bind-address": "127.0.0.1",
  "cluster-signing-cert-file": `${KUBERNETES}/ca.crt`,
  "cluster-signing-key-file": `${KUBERNETES}/ca.key`,
  kubeconfig: `${KUBERNETES}/kube-controller-manager.kubeconfig`,
  "root-ca-file": `${KUBERNETES}/ca.crt`,
  "client-ca-file": `${KUBERNETES}/ca.crt`,
  "service-account-private-key-file": `${KUBERNETES}/service-accounts.key`,
};

const SERVICE = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.hard.local"];

const controlPlane = ({ name, address }: NodeWish, { kubernetes, etcd: etcdCa, frontProxy, token }: Cas): Parts => {
  const client = (ca: Ca, subject: string) => leafOf(ca, { ...YEARS, subject });
  const serving = leafOf(kubernetes, {
    ...YEARS,
    subject: "CN=kube-apiserver",
    usages: ["serverAuth"],
    sans: [
      ...[name, ...SERVICE, "api.hard.example.com", "localhost"].map((each) => `DNS:${each}`),
      `IP:${address}`,
      "IP:10.32.0.1",
      "IP:127.0.0.1",
    ],
  });
  return {
    components: [
      unit("kube-apiserver", { ...API_SERVER, "advertise-address": address }, [{ address: "::", port: 6443 }]),
      unit("kube-controller-manager", CONTROLLER_MANAGER, [{ address: "127.0.0.1", port: 10257 }]),
      unit("kube-scheduler", { kubeconfig: `${KUBERNETES}/kube-scheduler.kubeconfig`, "bind-address": "127.0.0.1" }, [
        { address: "127.0.0.1", port: 10259 },
      ]),
    ],
    files: [
      caFile(`${KUBERNETES}/ca.crt`, kubernetes),
      fileOf(`${KUBERNETES}/ca.key`, { keys: [kubernetes.facts.publicKey] }),
      caFile(`${KUBERNETES}/etcd-ca.crt`, etcdCa),
      fileOf(`${KUBERNETES}/etcd-ca.key`, { keys: [etcdCa.facts.publicKey] }),
      caFile(`${KUBERNETES}/front-proxy-ca.crt`, frontProxy),
      fileOf(`${KUBERNETES}/front-proxy-ca.key`, { keys: [frontProxy.facts.publicKey] }),
      fileOf(`${KUBERNETES}/service-accounts.key`, { keys: [token] }),
      fileOf(`${KUBERNETES}/service-accounts.pub`, { publicKeys: [token] }),
      ...pair(`${KUBERNETES}/kube-apiserver`, serving),
      ...pair(`${KUBERNETES}/apiserver-etcd-client`, client(etcdCa, "CN=kube-apiserver-etcd-client")),
      ...pair(
        `${KUBERNETES}/apiserver-kubelet-client`,
        client(kubernetes, "O=system:masters, CN=kube-apiserver-kubelet-client"),
      ),
      ...pair(`${KUBERNETES}/front-proxy-client`, client(frontProxy, "CN=front-proxy-client")),
    ],
    kubeconfigs: [
      config(
        `${KUBERNETES}/admin.kubeconfig`,
        "api.hard.example.com:6443",
        kubernetes,
        "O=system:masters, CN=kubernetes-admin",
      ),
      config(
        `${KUBERNETES}/kube-controller-manager.kubeconfig`,
        `${address}:6443`,
        kubernetes,
        "CN=system:kube-controller-manager",
      ),
      config(`${KUBERNETES}/kube-scheduler.kubeconfig`, `${address}:6443`, kubernetes, "CN=system:kube-scheduler"),
    ],
  };
};

const KUBELET = "/var/lib/kubelet";

const worker = ({ name, address }: NodeWish, { kubernetes }: Cas): Parts => {
  const serving = leafOf(kubernetes, {
    ...YEARS,
    subject: `O=system:nodes, CN=system:node:${name}`,
    usages: ["serverAuth"],
    sans: [`DNS:${name}`, `IP:${address}`],
  });
  const options = {
    kubeconfig: `${KUBELET}/kubeconfig`,
    "client-ca-file": `${KUBELET}/ca.crt`,
    "tls-cert-file": `${KUBELET}/kubelet.crt`,
    "tls-private-key-file": `${KUBELET}/kubelet.key`,
  };
  return {
    components: [
      unit("kubelet", options, [
        { address: "::", port: 10250 },
        { address: "127.0.0.1", port: 10248 },
      ]),
      unit("kube-proxy", { kubeconfig: "/var/lib/kube-proxy/kubeconfig" }),
    ],
    files: [
      caFile(`${KUBELET}/ca.crt`, kubernetes),
      ...pair(`${KUBELET}/kubelet`, serving),
      fileOf(`${KUBELET}/kubeconfig`),
      fileOf("/var/lib/kube-proxy/kubeconfig"),
    ],
    kubeconfigs: [
      config(
        `${KUBELET}/kubeconfig`,
        "api.hard.example.com:6443",
        kubernetes,
        `O=system:nodes, CN=system:node:${name}`,
      ),
      config(
        "/var/lib/kube-proxy/kubeconfig",
        "api.hard.example.com:6443",
        kubernetes,
        "O=system:node-proxier, CN=system:kube-proxy",
      ),
    ],
  };
};

export const HARD: readonly (NodeWish & { readonly make: (node: NodeWish, cas: Cas) => Parts })[] = [
  { name: "e1", address: "10.0.0.31", make: etcd },
  { name: "e2", address: "10.0.0.32", make: etcd },
  { name: "e3", address: "10.0.0.33", make: etcd },
  { name: "cp1", address: "10.0.0.11", make: controlPlane },
  { name: "cp2", address: "10.0.0.12", make: controlPlane },
  { name: "w1", address: "10.0.0.21", make: worker },
];

export const hardwayCluster = (cas: Cas): Visit[] => HARD.map((node) => visitOf(surveyOf(node, node.make(node, cas))));
