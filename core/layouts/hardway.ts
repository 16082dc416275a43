/**
 * The "hard way": etcd and the control plane as systemd units, in the places of Kelsey Hightower's tutorial
 * (kelseyhightower/kubernetes-the-hard-way), with the three authorities kept apart. Nodes that are only etcd members or
 * control planes run no kubelet.
 */
import { LISTENERS } from "../model/listeners";
import type { ProfileName } from "../model/profiles";
import { ca, kubeconfig, pemFiles, signingFiles, type Layout, type FileRow, type Signing } from "./layout";
import type { ConsumerInput } from "../model/reload";

const ETCD = "/etc/etcd";
const KUBERNETES = "/var/lib/kubernetes";
const KUBELET = "/var/lib/kubelet";

const SIGNING: Signing = {
  certificate: `${KUBERNETES}/ca-signing.crt`,
  key: `${KUBERNETES}/ca-signing.key`,
  from: { certificate: `${KUBERNETES}/ca.crt`, key: `${KUBERNETES}/ca.key` },
};

const config = (
  profile: ProfileName,
  on: FileRow["on"],
  path: string,
  server: "endpoint" | "local",
  use: ConsumerInput,
): FileRow => ({ path, on, content: kubeconfig(profile, server), uses: [use] });

const ETCD_MEMBER: readonly FileRow[] = [
  { path: `${ETCD}/ca.crt`, on: "etcd", content: ca("etcd"), uses: ["etcd/trusted-ca"] },
  ...pemFiles("etcd-server", "etcd", `${ETCD}/server`, ["etcd/serving"]),
  ...pemFiles("etcd-peer", "etcd", `${ETCD}/peer`, ["etcd/peer"]),
];

const CAS: readonly FileRow[] = [
  {
    path: `${KUBERNETES}/ca.crt`,
    on: "control-plane",
    content: ca("kubernetes"),
    uses: [
      "kube-apiserver/client-ca",
      "kube-apiserver/kubelet-ca",
      "kube-controller-manager/root-ca",
      "kube-controller-manager/client-ca",
    ],
  },
  {
    path: `${KUBERNETES}/ca.key`,
    on: "control-plane",
    content: { kind: "caKey", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
  },
  ...signingFiles(SIGNING),
  {
    path: `${KUBERNETES}/etcd-ca.crt`,
    on: "control-plane",
    content: ca("etcd"),
    uses: ["kube-apiserver/etcd-ca"],
  },
  {
    path: `${KUBERNETES}/front-proxy-ca.crt`,
    on: "control-plane",
    content: ca("frontProxy"),
    uses: ["kube-apiserver/requestheader-ca"],
  },
];

const TOKEN_KEY: readonly FileRow[] = [
  {
    path: `${KUBERNETES}/service-accounts.key`,
    on: "control-plane",
    content: { kind: "serviceAccount", half: "private" },
    uses: ["kube-apiserver/service-account-private", "kube-controller-manager/service-account-private"],
  },
  {
    path: `${KUBERNETES}/service-accounts.pub`,
    on: "control-plane",
    content: { kind: "serviceAccount", half: "public" },
    uses: ["kube-apiserver/service-account-public"],
  },
];

const CERTIFICATES: readonly FileRow[] = [
  ...pemFiles("apiserver", "control-plane", `${KUBERNETES}/kube-apiserver`, ["kube-apiserver/serving"]),
  ...pemFiles("apiserver-etcd-client", "control-plane", `${KUBERNETES}/apiserver-etcd-client`, [
    "kube-apiserver/etcd-client",
  ]),
  ...pemFiles("apiserver-kubelet-client", "control-plane", `${KUBERNETES}/apiserver-kubelet-client`, [
    "kube-apiserver/kubelet-client",
  ]),
  ...pemFiles("front-proxy-client", "control-plane", `${KUBERNETES}/front-proxy-client`, [
    "kube-apiserver/proxy-client",
  ]),
];

const KUBECONFIGS: readonly FileRow[] = [
  config("admin", "control-plane", `${KUBERNETES}/admin.kubeconfig`, "endpoint", "kube-apiserver/client"),
  config(
    "controller-manager",
    "control-plane",
    `${KUBERNETES}/kube-controller-manager.kubeconfig`,
    "local",
    "kube-controller-manager/kubeconfig",
  ),
  config("scheduler", "control-plane", `${KUBERNETES}/kube-scheduler.kubeconfig`, "local", "kube-scheduler/kubeconfig"),
];

const WORKER: readonly FileRow[] = [
  {
    path: `${KUBELET}/ca.crt`,
    on: "worker",
    content: ca("kubernetes"),
    uses: ["kubelet/client-ca"],
  },
  ...pemFiles("kubelet-server", "worker", `${KUBELET}/kubelet`, ["kubelet/serving"]),
  config("kubelet", "worker", `${KUBELET}/kubeconfig`, "endpoint", "kubelet/kubeconfig"),
  config("kube-proxy", "worker", "/var/lib/kube-proxy/kubeconfig", "endpoint", "kube-proxy/kubeconfig"),
];

export const hardway: Layout = {
  publishesClusterInfo: false,
  hasKubeadmBindings: false,
  signsForKubelets: false,
  stacksEtcd: true,
  workerProxyPort: 0,
  leaves: {},
  files: () => [...ETCD_MEMBER, ...CAS, ...TOKEN_KEY, ...CERTIFICATES, ...KUBECONFIGS, ...WORKER],
  signing: SIGNING,
  listeners: LISTENERS,
  consumers: (
    [
      ["etcd", "etcd"],
      ["kube-apiserver", "control-plane"],
      ["kube-controller-manager", "control-plane"],
      ["kube-scheduler", "control-plane"],
      ["kubelet", "worker"],
      ["kube-proxy", "worker"],
    ] as const
  ).map(([name, on]) => ({ name, on, kind: "systemd", unit: name })),
};
