/** What kubespray's templates write on a node before anything runs: units, their environment, the workers' proxy. */
import { stringify } from "yaml";
import { shellImage } from "./images";
import { kubeletConfiguration } from "./kubeadm";
import { binariesOnNode } from "./rootfsFiles";
import { labNetwork, pkiDir, withRole, type NodeSpec } from "./topology";

export const etcdFolder = "/etc/ssl/etcd/ssl";
export const kubernetes = "/etc/kubernetes";
export const certificates = pkiDir({ installer: "kubespray" });
export const port = String(labNetwork.apiPort);

const unit = (description: string, service: readonly string[]): string => `[Unit]
Description=${description}
After=network.target containerd.service

[Service]
${service.join("\n")}

[Install]
WantedBy=multi-user.target
`;

const url = (address: string, on: number): string => `https://${address}:${String(on)}`;

/** etcd members are called by their number. */
export const etcdEnvironment = ({ name, address }: NodeSpec, all: readonly NodeSpec[]): string => {
  const members = withRole(all, "etcd").map((each, index) => ({ ...each, member: `etcd${String(index + 1)}` }));
  const variables = {
    ETCD_DATA_DIR: "/var/lib/etcd",
    ETCD_ADVERTISE_CLIENT_URLS: url(address, 2379),
    ETCD_INITIAL_ADVERTISE_PEER_URLS: url(address, 2380),
    ETCD_INITIAL_CLUSTER_STATE: "new",
    ETCD_METRICS: "basic",
    ETCD_LISTEN_CLIENT_URLS: `${url(address, 2379)},${url("127.0.0.1", 2379)}`,
    ETCD_ELECTION_TIMEOUT: "5000",
    ETCD_HEARTBEAT_INTERVAL: "250",
    ETCD_INITIAL_CLUSTER_TOKEN: "k8s_etcd",
    ETCD_LISTEN_PEER_URLS: url(address, 2380),
    ETCD_NAME: members.find((each) => each.name === name)?.member ?? name,
    ETCD_INITIAL_CLUSTER: members.map((each) => `${each.member}=${url(each.address, 2380)}`).join(","),
    ETCD_AUTO_COMPACTION_RETENTION: "8",
    ETCD_TRUSTED_CA_FILE: `${etcdFolder}/ca.pem`,
    ETCD_CERT_FILE: `${etcdFolder}/member-${name}.pem`,
    ETCD_KEY_FILE: `${etcdFolder}/member-${name}-key.pem`,
    ETCD_CLIENT_CERT_AUTH: "true",
    ETCD_PEER_TRUSTED_CA_FILE: `${etcdFolder}/ca.pem`,
    ETCD_PEER_CERT_FILE: `${etcdFolder}/member-${name}.pem`,
    ETCD_PEER_KEY_FILE: `${etcdFolder}/member-${name}-key.pem`,
    ETCD_PEER_CLIENT_CERT_AUTH: "True",
    ETCDCTL_ENDPOINTS: url("127.0.0.1", 2379),
    ETCDCTL_CACERT: `${etcdFolder}/ca.pem`,
    ETCDCTL_KEY: `${etcdFolder}/admin-${name}-key.pem`,
    ETCDCTL_CERT: `${etcdFolder}/admin-${name}.pem`,
  };
  return Object.entries(variables)
    .map(([variable, value]) => `${variable}=${value}\n`)
    .join("");
};

const etcdUnit = unit("etcd", [
  "Type=notify",
  "User=root",
  "EnvironmentFile=/etc/etcd.env",
  `ExecStart=${binariesOnNode}/etcd`,
  "NotifyAccess=all",
  "Restart=always",
  "RestartSec=10s",
  "LimitNOFILE=40000",
]);

const kubeletUnit = unit("Kubernetes Kubelet Server", [
  `EnvironmentFile=-${kubernetes}/kubelet.env`,
  `ExecStart=${binariesOnNode}/kubelet $KUBE_LOG_LEVEL $KUBELET_ADDRESS $KUBELET_HOSTNAME $KUBELET_ARGS`,
  "Restart=always",
  "RestartSec=10s",
]);

const kubeletEnvironment = (address: string): string => `KUBE_LOG_LEVEL="--v=2"
KUBELET_ADDRESS="--node-ip=${address}"
KUBELET_ARGS="--bootstrap-kubeconfig=${kubernetes}/bootstrap-kubelet.conf --config=${kubernetes}/kubelet-config.yaml --kubeconfig=${kubernetes}/kubelet.conf"
`;

const kubeletConfig = (address: string): string =>
  stringify({
    ...kubeletConfiguration,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${certificates}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    staticPodPath: `${kubernetes}/manifests`,
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    address,
    healthzPort: 10248,
    healthzBindAddress: "127.0.0.1",
    clusterDomain: labNetwork.clusterDomain,
    rotateCertificates: true,
  });

const proxyConfig = (controlPlanes: readonly NodeSpec[]): string => `global
  maxconn 4000

defaults
  mode tcp
  retries 5
  timeout connect 30s
  timeout client 5m
  timeout server 15m
  timeout check 30s

frontend kube_api_frontend
  bind 127.0.0.1:${port}
  default_backend kube_api_backend

backend kube_api_backend
  balance leastconn
  option httpchk GET /healthz
  http-check expect status 200
  default-server inter 15s downinter 15s rise 2 fall 2
${controlPlanes.map((each) => `  server ${each.name} ${each.address}:${port} check check-ssl verify none`).join("\n")}
`;

const proxyPod = stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "haproxy", namespace: "kube-system", labels: { "k8s-app": "kube-haproxy" } },
  spec: {
    hostNetwork: true,
    priorityClassName: "system-node-critical",
    containers: [
      {
        name: "haproxy",
        image: shellImage,
        imagePullPolicy: "Never",
        command: ["/usr/sbin/haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"],
        volumeMounts: [
          { name: "etc-haproxy", mountPath: "/etc/haproxy", readOnly: true },
          { name: "programs", mountPath: "/usr", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "etc-haproxy", hostPath: { path: "/etc/haproxy" } },
      { name: "programs", hostPath: { path: "/usr" } },
    ],
  },
});

export const renewalTimer = "k8s-certs-renew.timer";

/** In the first week of a month it lets kubeadm renew all that it knows, and restarts what it runs. */
const renewal = {
  "/etc/systemd/system/k8s-certs-renew.service": `[Unit]
Description=Renew K8S control plane certificates

[Service]
Type=oneshot
ExecStart=/usr/local/bin/k8s-certs-renew.sh
`,
  [`/etc/systemd/system/${renewalTimer}`]: `[Unit]
Description=Timer to renew K8S control plane certificates

[Timer]
OnCalendar=Mon *-*-1,2,3,4,5,6,7 03:00:00
RandomizedDelaySec=10min
FixedRandomDelay=yes
Persistent=yes

[Install]
WantedBy=multi-user.target
`,
  "/usr/local/bin/k8s-certs-renew.sh": `#!/bin/bash
kubeadm certs renew all
crictl pods --namespace kube-system --name 'kube-scheduler-*|kube-controller-manager-*|kube-apiserver-*|etcd-*' -q | xargs crictl rmp -f
`,
};

/** What a bare node has: units, not enabled, and what they read. */
export function sprayedFiles(node: NodeSpec, all: readonly NodeSpec[]): Record<string, string> {
  const controlPlanes = withRole(all, "control-plane");
  const isControlPlane = controlPlanes.includes(node);
  return {
    ...(node.roles.includes("etcd")
      ? { "/etc/systemd/system/etcd.service": etcdUnit, "/etc/etcd.env": etcdEnvironment(node, all) }
      : {}),
    "/etc/systemd/system/kubelet.service": kubeletUnit,
    [`${kubernetes}/kubelet.env`]: kubeletEnvironment(node.address),
    [`${kubernetes}/kubelet-config.yaml`]: kubeletConfig(node.address),
    ...(isControlPlane
      ? renewal
      : { "/etc/haproxy/haproxy.cfg": proxyConfig(controlPlanes), [`${kubernetes}/manifests/haproxy.yml`]: proxyPod }),
  };
}
