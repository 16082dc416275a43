/**
 * kubeadm's tree: /etc/kubernetes as `kubeadm init phase certs all` and `kubeconfig all` write it (paths, modes), static
 * pods for the control plane, the kubelet as a systemd unit. docs/kubeadm-differences.md lists where we differ and why.
 * A node that is a member of etcd alone is as kubeadm's page "Set up a High Availability etcd Cluster with kubeadm" has it: its
 * kubelet runs etcd's static pod and nothing else, and is no node of the cluster.
 */
import { LISTENERS } from "../model/listeners";
import {
  ca,
  KUBERNETES_NODES,
  kubeconfig,
  pemFiles,
  signingFiles,
  type ConsumerRow,
  type Layout,
  type FileRow,
  type Signing,
} from "./layout";

const KUBERNETES = "/etc/kubernetes";
const PKI = `${KUBERNETES}/pki`;
const KUBELET_PKI = "/var/lib/kubelet/pki";
const KUBELET_CLIENT = `${KUBELET_PKI}/kubelet-client-kube-pki.pem`;
const KUBELET_CLIENT_CURRENT = `${KUBELET_PKI}/kubelet-client-current.pem`;

const SIGNING: Signing = {
  certificate: `${PKI}/ca-signing.crt`,
  key: `${PKI}/ca-signing.key`,
  from: { certificate: `${PKI}/ca.crt`, key: `${PKI}/ca.key` },
};

const CAS: readonly FileRow[] = [
  {
    path: `${PKI}/ca.crt`,
    on: KUBERNETES_NODES,
    content: ca("kubernetes"),
    uses: [
      "kube-apiserver/client-ca",
      "kube-controller-manager/root-ca",
      "kube-controller-manager/client-ca",
      "kubelet/client-ca",
    ],
  },
  {
    path: `${PKI}/ca.key`,
    on: "control-plane",
    content: { kind: "caKey", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
  },
  ...signingFiles(SIGNING),
  {
    path: `${PKI}/front-proxy-ca.crt`,
    on: "control-plane",
    content: ca("frontProxy"),
    uses: ["kube-apiserver/requestheader-ca", "kube-controller-manager/requestheader-ca"],
  },
  {
    path: `${PKI}/etcd/ca.crt`,
    on: ["control-plane", "etcd"],
    content: ca("etcd"),
    uses: ["kube-apiserver/etcd-ca", "etcd/trusted-ca"],
  },
];

const TOKEN_KEY: readonly FileRow[] = [
  {
    path: `${PKI}/sa.key`,
    on: "control-plane",
    content: { kind: "serviceAccount", half: "private" },
    uses: ["kube-apiserver/service-account-private", "kube-controller-manager/service-account-private"],
  },
  {
    path: `${PKI}/sa.pub`,
    on: "control-plane",
    mode: "0600", // although it is public: kubeadm writes it as a key
    content: { kind: "serviceAccount", half: "public" },
    uses: ["kube-apiserver/service-account-public"],
  },
];

const CERTIFICATES: readonly FileRow[] = [
  ...pemFiles("etcd-server", "etcd", `${PKI}/etcd/server`, ["etcd/serving"]),
  ...pemFiles("etcd-peer", "etcd", `${PKI}/etcd/peer`, ["etcd/peer"]),
  ...pemFiles("etcd-healthcheck-client", "etcd", `${PKI}/etcd/healthcheck-client`, []),
  ...pemFiles("apiserver", "control-plane", `${PKI}/apiserver`, ["kube-apiserver/serving"]),
  // on members that are no control planes as well: from there it is copied to those that join (kubeadm's page on external etcd)
  ...pemFiles("apiserver-etcd-client", ["control-plane", "etcd"], `${PKI}/apiserver-etcd-client`, [
    "kube-apiserver/etcd-client",
  ]),
  ...pemFiles("apiserver-kubelet-client", "control-plane", `${PKI}/apiserver-kubelet-client`, [
    "kube-apiserver/kubelet-client",
  ]),
  ...pemFiles("front-proxy-client", "control-plane", `${PKI}/front-proxy-client`, ["kube-apiserver/proxy-client"]),
];

const KUBECONFIGS: readonly FileRow[] = [
  {
    path: `${KUBERNETES}/admin.conf`,
    on: "control-plane",
    content: kubeconfig("admin", "endpoint"),
    uses: ["kube-apiserver/client"],
  },
  {
    path: `${KUBERNETES}/super-admin.conf`,
    // kubeadm writes it where `init` ran and nowhere else
    on: "first-control-plane",
    content: kubeconfig("super-admin", "endpoint"),
    uses: ["kube-apiserver/client"],
  },
  {
    path: `${KUBERNETES}/controller-manager.conf`,
    on: "control-plane",
    content: kubeconfig("controller-manager", "local"),
    uses: ["kube-controller-manager/kubeconfig"],
  },
  {
    path: `${KUBERNETES}/scheduler.conf`,
    on: "control-plane",
    content: kubeconfig("scheduler", "local"),
    uses: ["kube-scheduler/kubeconfig"],
  },
];

/** Since ControlPlaneKubeletLocalMode (on from 1.33) the kubelet of a control plane talks to its own API server. */
const kubeletKubeconfig = (server: "endpoint" | "local") =>
  ({ kind: "kubeconfig", profile: "kubelet", server, credentials: { file: KUBELET_CLIENT_CURRENT } }) as const;

const kubelet = (kubernetesMinor: number): readonly FileRow[] => [
  {
    path: KUBELET_CLIENT,
    on: KUBERNETES_NODES,
    content: { kind: "pair", profile: "kubelet" },
    uses: ["kubelet/client"],
  },
  {
    // a link, since the kubelet refuses to rotate over anything else (client-go certificate_store.go)
    path: KUBELET_CLIENT_CURRENT,
    on: KUBERNETES_NODES,
    content: { kind: "link", profile: "kubelet", target: "kubelet-client-kube-pki.pem" },
    uses: ["kubelet/client"],
  },
  {
    path: `${KUBERNETES}/kubelet.conf`,
    on: "control-plane",
    content: kubeletKubeconfig(kubernetesMinor >= 33 ? "local" : "endpoint"),
    uses: ["kubelet/kubeconfig"],
  },
  {
    path: `${KUBERNETES}/kubelet.conf`,
    on: "worker",
    content: kubeletKubeconfig("endpoint"),
    uses: ["kubelet/kubeconfig"],
  },
  ...pemFiles("kubelet-server", KUBERNETES_NODES, `${KUBELET_PKI}/kubelet`, ["kubelet/serving"]),
];

const staticPod = (name: "kube-apiserver" | "kube-controller-manager" | "kube-scheduler"): ConsumerRow => ({
  name,
  on: "control-plane",
  kind: "static-pod",
  unit: name,
});

export const kubeadm: Layout = {
  publishesClusterInfo: true,
  hasKubeadmBindings: true,
  signsForKubelets: true,
  stacksEtcd: true,
  workerProxyPort: 0,
  leaves: {},
  files: (kubernetesMinor) => [...CAS, ...TOKEN_KEY, ...CERTIFICATES, ...KUBECONFIGS, ...kubelet(kubernetesMinor)],
  signing: SIGNING,
  listeners: LISTENERS,
  consumers: [
    { name: "etcd", on: "etcd", kind: "static-pod", unit: "etcd" },
    staticPod("kube-apiserver"),
    // before the static pods that restart: a kubelet that has just started knows no crash back-off for them
    { name: "kubelet", on: KUBERNETES_NODES, kind: "systemd", unit: "kubelet" },
    staticPod("kube-controller-manager"),
    staticPod("kube-scheduler"),
  ],
};
