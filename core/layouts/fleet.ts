/**
 * Clusters that a team has deployed by its own playbooks: `.pem` names (cfssl's) under /etc/kubernetes/pki, services as
 * systemd units with their flags in environment files, each also as a static pod written by hand (`services`), and kubelets
 * on control planes too. So Deezer describes theirs (docs/procedures/deezer-ca-rotation.md). etcd serves its clients and its
 * peers with one certificate. Often one CA is all three authorities, in ca.pem (`authority.oneCa`).
 */
import { LISTENERS } from "../model/listeners";
import type { ProfileName } from "../model/profiles";
import type { ConsumerInput, ConsumerName } from "../model/reload";
import {
  ca,
  certificate,
  key,
  KUBERNETES_NODES,
  kubeconfig,
  pemFiles,
  signingFiles,
  type ConsumerRow,
  type FileRow,
  type Layout,
  type Signing,
} from "./layout";

const KUBERNETES = "/etc/kubernetes";
const PKI = `${KUBERNETES}/pki`;

const SIGNING: Signing = {
  certificate: `${PKI}/ca-signing.pem`,
  key: `${PKI}/ca-signing-key.pem`,
  from: { certificate: `${PKI}/ca.pem`, key: `${PKI}/ca-key.pem` },
};

const pair = (
  profile: ProfileName,
  on: "etcd" | "control-plane",
  name: string,
  uses: readonly ConsumerInput[],
): readonly FileRow[] => [
  { path: `${PKI}/${name}.pem`, on, content: certificate(profile), uses },
  { path: `${PKI}/${name}-key.pem`, on, content: key(profile), uses },
];

const CAS: readonly FileRow[] = [
  {
    path: `${PKI}/ca.pem`,
    on: KUBERNETES_NODES,
    content: ca("kubernetes"),
    uses: [
      "kube-apiserver/client-ca",
      "kube-apiserver/kubelet-ca",
      "kube-controller-manager/root-ca",
      "kube-controller-manager/client-ca",
      "kubelet/client-ca",
    ],
  },
  {
    path: `${PKI}/ca-key.pem`,
    on: "control-plane",
    content: { kind: "caKey", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
  },
  ...signingFiles(SIGNING),
  {
    path: `${PKI}/etcd-ca.pem`,
    on: ["control-plane", "etcd"],
    content: ca("etcd"),
    uses: ["kube-apiserver/etcd-ca", "etcd/trusted-ca"],
  },
  {
    path: `${PKI}/front-proxy-ca.pem`,
    on: "control-plane",
    content: ca("frontProxy"),
    uses: ["kube-apiserver/requestheader-ca"],
  },
];

const TOKEN_KEY: readonly FileRow[] = [
  {
    path: `${PKI}/service-account-key.pem`,
    on: "control-plane",
    content: { kind: "serviceAccount", half: "private" },
    uses: ["kube-apiserver/service-account-private", "kube-controller-manager/service-account-private"],
  },
  {
    path: `${PKI}/service-account.pem`,
    on: "control-plane",
    content: { kind: "serviceAccount", half: "public" },
    uses: ["kube-apiserver/service-account-public"],
  },
];

const CERTIFICATES: readonly FileRow[] = [
  ...pair("etcd-server", "etcd", "etcd", ["etcd/serving", "etcd/peer"]),
  ...pair("apiserver", "control-plane", "apiserver", ["kube-apiserver/serving"]),
  ...pair("apiserver-etcd-client", "control-plane", "apiserver-etcd-client", ["kube-apiserver/etcd-client"]),
  ...pair("apiserver-kubelet-client", "control-plane", "apiserver-kubelet-client", ["kube-apiserver/kubelet-client"]),
  ...pair("front-proxy-client", "control-plane", "front-proxy-client", ["kube-apiserver/proxy-client"]),
  ...pemFiles("kubelet-server", KUBERNETES_NODES, "/var/lib/kubelet/pki/kubelet", ["kubelet/serving"]),
];

const config = (
  profile: ProfileName,
  on: FileRow["on"],
  name: string,
  server: "endpoint" | "local",
  use: ConsumerInput,
): FileRow => ({
  path: `${KUBERNETES}/${name}.kubeconfig`,
  on,
  content: kubeconfig(profile, server),
  uses: [use],
});

const KUBECONFIGS: readonly FileRow[] = [
  config("admin", "control-plane", "admin", "endpoint", "kube-apiserver/client"),
  config(
    "controller-manager",
    "control-plane",
    "kube-controller-manager",
    "local",
    "kube-controller-manager/kubeconfig",
  ),
  config("scheduler", "control-plane", "kube-scheduler", "local", "kube-scheduler/kubeconfig"),
  config("kubelet", KUBERNETES_NODES, "kubelet", "endpoint", "kubelet/kubeconfig"),
  config("kube-proxy", KUBERNETES_NODES, "kube-proxy", "endpoint", "kube-proxy/kubeconfig"),
];

const unit = (name: ConsumerName, on: ConsumerRow["on"]): ConsumerRow => ({ name, on, kind: "systemd", unit: name });

export const fleet: Layout = {
  publishesClusterInfo: false,
  hasKubeadmBindings: false,
  signsForKubelets: false,
  stacksEtcd: true,
  workerProxyPort: 0,
  leaves: {},
  files: () => [...CAS, ...TOKEN_KEY, ...CERTIFICATES, ...KUBECONFIGS],
  signing: SIGNING,
  listeners: LISTENERS,
  consumers: [
    unit("etcd", "etcd"),
    unit("kube-apiserver", "control-plane"),
    // before what may be static pods: a kubelet that has just started knows no crash back-off for them
    unit("kubelet", KUBERNETES_NODES),
    unit("kube-controller-manager", "control-plane"),
    unit("kube-scheduler", "control-plane"),
    unit("kube-proxy", KUBERNETES_NODES),
  ],
};
