import { stringify } from "yaml";
import { binariesOnNode } from "./rootfsFiles";
import { labNetwork, withRole, type NodeSpec, type Role } from "./topology";

/** The units of a cluster without kubeadm, the flags of their programs and the paths these read. */

const etcd = "/etc/etcd";
const kubernetes = "/var/lib/kubernetes";
const kubelet = "/var/lib/kubelet";
const proxy = "/var/lib/kube-proxy";

type Flags = Readonly<Record<string, string | true>>;

interface Unit {
  readonly on: Role;
  /** `notify`: systemd waits until the program says that it serves. */
  readonly type: "notify" | "simple";
  readonly after?: string;
  readonly flags: (node: NodeSpec, all: readonly NodeSpec[]) => Flags;
}

function urls(nodes: readonly NodeSpec[], port: number): string[] {
  return nodes.map((node) => `https://${node.address}:${String(port)}`);
}

/** In the order in which services start. */
export const units = {
  etcd: {
    on: "etcd",
    type: "notify",
    flags: (node, all) => ({
      name: node.name,
      "data-dir": "/var/lib/etcd/default",
      "cert-file": `${etcd}/server.crt`,
      "key-file": `${etcd}/server.key`,
      "trusted-ca-file": `${etcd}/ca.crt`,
      "client-cert-auth": true,
      "peer-cert-file": `${etcd}/peer.crt`,
      "peer-key-file": `${etcd}/peer.key`,
      "peer-trusted-ca-file": `${etcd}/ca.crt`,
      "peer-client-cert-auth": true,
      "listen-client-urls": `https://${node.address}:2379,https://127.0.0.1:2379`,
      "advertise-client-urls": `https://${node.address}:2379`,
      "listen-peer-urls": `https://${node.address}:2380`,
      "initial-advertise-peer-urls": `https://${node.address}:2380`,
      "initial-cluster": withRole(all, "etcd")
        .map((each) => `${each.name}=https://${each.address}:2380`)
        .join(","),
      "initial-cluster-state": "new",
      "initial-cluster-token": "lab",
    }),
  },
  "kube-apiserver": {
    on: "control-plane",
    type: "notify",
    flags: (node, all) => ({
      "advertise-address": node.address,
      "allow-privileged": "true",
      "authorization-mode": "Node,RBAC",
      "client-ca-file": `${kubernetes}/ca.crt`,
      "tls-cert-file": `${kubernetes}/kube-apiserver.crt`,
      "tls-private-key-file": `${kubernetes}/kube-apiserver.key`,
      "etcd-servers": urls(withRole(all, "etcd"), 2379).join(","),
      "etcd-cafile": `${kubernetes}/etcd-ca.crt`,
      "etcd-certfile": `${kubernetes}/apiserver-etcd-client.crt`,
      "etcd-keyfile": `${kubernetes}/apiserver-etcd-client.key`,
      "kubelet-certificate-authority": `${kubernetes}/ca.crt`,
      "kubelet-client-certificate": `${kubernetes}/apiserver-kubelet-client.crt`,
      "kubelet-client-key": `${kubernetes}/apiserver-kubelet-client.key`,
      "proxy-client-cert-file": `${kubernetes}/front-proxy-client.crt`,
      "proxy-client-key-file": `${kubernetes}/front-proxy-client.key`,
      "requestheader-client-ca-file": `${kubernetes}/front-proxy-ca.crt`,
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-username-headers": "X-Remote-User",
      "service-account-issuer": `https://kubernetes.default.svc.${labNetwork.clusterDomain}`,
      "service-account-key-file": `${kubernetes}/service-accounts.pub`,
      "service-account-signing-key-file": `${kubernetes}/service-accounts.key`,
      "service-cluster-ip-range": labNetwork.serviceCidr,
    }),
  },
  "kube-controller-manager": {
    on: "control-plane",
    type: "simple",
    after: "kube-apiserver.service",
    flags: () => ({
      ...sameKubeconfig("kube-controller-manager"),
      "client-ca-file": `${kubernetes}/ca.crt`,
      "root-ca-file": `${kubernetes}/ca.crt`,
      "cluster-signing-cert-file": `${kubernetes}/ca.crt`,
      "cluster-signing-key-file": `${kubernetes}/ca.key`,
      "service-account-private-key-file": `${kubernetes}/service-accounts.key`,
      "use-service-account-credentials": "true",
      "cluster-cidr": labNetwork.podCidr,
      "service-cluster-ip-range": labNetwork.serviceCidr,
      "allocate-node-cidrs": "false",
    }),
  },
  "kube-scheduler": {
    on: "control-plane",
    type: "simple",
    after: "kube-apiserver.service",
    flags: () => sameKubeconfig("kube-scheduler"),
  },
  kubelet: {
    on: "worker",
    type: "notify",
    after: "containerd.service",
    flags: (node) => ({
      config: `${kubelet}/kubelet-config.yaml`,
      kubeconfig: `${kubelet}/kubeconfig`,
      "node-ip": node.address,
    }),
  },
  "kube-proxy": {
    on: "worker",
    type: "simple",
    flags: (node) => ({
      kubeconfig: `${proxy}/kubeconfig`,
      "hostname-override": node.name,
      "proxy-mode": "nftables",
      "cluster-cidr": labNetwork.podCidr,
      // These limits belong to the whole machine.
      "conntrack-max-per-core": "0",
      "conntrack-min": "0",
      "conntrack-tcp-timeout-established": "0",
      "conntrack-tcp-timeout-close-wait": "0",
    }),
  },
} as const satisfies Record<string, Unit>;

export type UnitName = keyof typeof units;

function sameKubeconfig(component: string): Flags {
  const file = `${kubernetes}/${component}.kubeconfig`;
  return { kubeconfig: file, "authentication-kubeconfig": file, "authorization-kubeconfig": file };
}

function unitText(name: UnitName, node: NodeSpec, all: readonly NodeSpec[]): string {
  const unit: Unit = units[name];
  const flags = Object.entries(unit.flags(node, all)).map(([flag, value]) =>
    value === true ? `--${flag}` : `--${flag}=${value}`,
  );
  return `[Unit]
Description=${name}
After=network.target${unit.after === undefined ? "" : ` ${unit.after}`}
StartLimitIntervalSec=0

[Service]
Type=${unit.type}
ExecStart=${binariesOnNode}/${name} \\
  ${flags.join(" \\\n  ")}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
}

const kubeletConfiguration = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: `${kubelet}/ca.crt` },
  },
  authorization: { mode: "Webhook" },
  tlsCertFile: `${kubelet}/kubelet.crt`,
  tlsPrivateKeyFile: `${kubelet}/kubelet.key`,
  rotateCertificates: false,
  clusterDomain: labNetwork.clusterDomain,
  failCgroupV1: false,
  failSwapOn: false,
  cgroupDriver: "cgroupfs",
  imageGCHighThresholdPercent: 100,
  evictionHard: {
    "memory.available": "0%",
    "nodefs.available": "0%",
    "imagefs.available": "0%",
    "nodefs.inodesFree": "0%",
  },
};

/** What a bare node of such a cluster has: its units, not enabled, and the kubelet's configuration. */
export function unitFiles(node: NodeSpec, all: readonly NodeSpec[]): Record<string, string> {
  const files = Object.fromEntries(
    unitsOn(node).map((name) => [`/etc/systemd/system/${name}.service`, unitText(name, node, all)]),
  );
  return node.roles.includes("worker")
    ? { ...files, [`${kubelet}/kubelet-config.yaml`]: stringify(kubeletConfiguration) }
    : files;
}

/** The units of a node in the order in which they start. */
export function unitsOn(node: NodeSpec): UnitName[] {
  return (Object.keys(units) as UnitName[]).filter((name) => node.roles.includes(units[name].on));
}
