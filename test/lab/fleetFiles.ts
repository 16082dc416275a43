/** What playbooks written by hand put on a node before anything runs: units whose flags are in environment files. */
import { stringify } from "yaml";
import { imageRepository } from "./images";
import { kubeletConfiguration } from "./kubeadm";
import { binariesOnNode } from "./rootfsFiles";
import { labNetwork, pkiDir, withRole, type NodeSpec } from "./topology";

export const kubernetes = "/etc/kubernetes";
export const pki = pkiDir({ installer: "fleet" });
const manifests = `${kubernetes}/manifests`;

type Flags = Readonly<Record<string, string>>;

interface Service {
  readonly on: (node: NodeSpec) => boolean;
  readonly type: "notify" | "simple";
  readonly flags: (node: NodeSpec, all: readonly NodeSpec[]) => Flags;
}

const isControlPlane = ({ roles }: NodeSpec): boolean => roles.includes("control-plane");
const isNode = ({ roles }: NodeSpec): boolean => roles.includes("control-plane") || roles.includes("worker");

const client = (address: string): string => `https://${address}:2379`;
const peer = (address: string): string => `https://${address}:2380`;

const pair = (certificate: string, key: string, name: string): Flags => ({
  [certificate]: `${pki}/${name}.pem`,
  [key]: `${pki}/${name}-key.pem`,
});

const sameKubeconfig = (component: string): Flags => {
  const file = `${kubernetes}/${component}.kubeconfig`;
  return { kubeconfig: file, "authentication-kubeconfig": file, "authorization-kubeconfig": file };
};

const ca = `${pki}/ca.pem`;

/** In the order in which they start. The scheduler is a static pod. */
export const services = {
  etcd: {
    on: ({ roles }) => roles.includes("etcd"),
    type: "notify",
    flags: ({ name, address }, all) => ({
      name,
      "data-dir": "/var/lib/etcd/default",
      ...pair("cert-file", "key-file", "etcd"),
      "trusted-ca-file": ca,
      "client-cert-auth": "true",
      ...pair("peer-cert-file", "peer-key-file", "etcd"),
      "peer-trusted-ca-file": ca,
      "peer-client-cert-auth": "true",
      "listen-client-urls": `${client(address)},${client("127.0.0.1")}`,
      "advertise-client-urls": client(address),
      "listen-peer-urls": peer(address),
      "initial-advertise-peer-urls": peer(address),
      "initial-cluster": withRole(all, "etcd")
        .map((each) => `${each.name}=${peer(each.address)}`)
        .join(","),
      "initial-cluster-state": "new",
      "initial-cluster-token": "fleet",
    }),
  },
  "kube-apiserver": {
    on: isControlPlane,
    type: "notify",
    flags: ({ address }, all) => ({
      "advertise-address": address,
      "allow-privileged": "true",
      "authorization-mode": "Node,RBAC",
      "client-ca-file": ca,
      ...pair("tls-cert-file", "tls-private-key-file", "apiserver"),
      "etcd-servers": withRole(all, "etcd")
        .map((each) => client(each.address))
        .join(","),
      "etcd-cafile": ca,
      ...pair("etcd-certfile", "etcd-keyfile", "apiserver-etcd-client"),
      ...pair("kubelet-client-certificate", "kubelet-client-key", "apiserver-kubelet-client"),
      ...pair("proxy-client-cert-file", "proxy-client-key-file", "front-proxy-client"),
      "requestheader-client-ca-file": ca,
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-username-headers": "X-Remote-User",
      "service-account-issuer": `https://kubernetes.default.svc.${labNetwork.clusterDomain}`,
      "service-account-key-file": `${pki}/service-account.pem`,
      "service-account-signing-key-file": `${pki}/service-account-key.pem`,
      "service-cluster-ip-range": labNetwork.serviceCidr,
    }),
  },
  kubelet: {
    on: isNode,
    type: "notify",
    flags: ({ address }) => ({
      config: `${kubernetes}/kubelet-config.yaml`,
      kubeconfig: `${kubernetes}/kubelet.kubeconfig`,
      "node-ip": address,
    }),
  },
  "kube-controller-manager": {
    on: isControlPlane,
    type: "simple",
    flags: () => ({
      ...sameKubeconfig("kube-controller-manager"),
      "client-ca-file": ca,
      "root-ca-file": ca,
      ...pair("cluster-signing-cert-file", "cluster-signing-key-file", "ca"),
      "service-account-private-key-file": `${pki}/service-account-key.pem`,
      "use-service-account-credentials": "true",
      "cluster-cidr": labNetwork.podCidr,
      "service-cluster-ip-range": labNetwork.serviceCidr,
      "allocate-node-cidrs": "false",
    }),
  },
  "kube-proxy": {
    on: isNode,
    type: "simple",
    flags: ({ name }) => ({
      kubeconfig: `${kubernetes}/kube-proxy.kubeconfig`,
      "hostname-override": name,
      "proxy-mode": "nftables",
      "cluster-cidr": labNetwork.podCidr,
      // these limits belong to the whole machine
      "conntrack-max-per-core": "0",
      "conntrack-min": "0",
      "conntrack-tcp-timeout-established": "0",
      "conntrack-tcp-timeout-close-wait": "0",
    }),
  },
} as const satisfies Record<string, Service>;

type ServiceName = keyof typeof services;

const variable = (name: string): string => `${name.replaceAll("-", "_").toUpperCase()}_ARGS`;
const environmentFile = (name: ServiceName): string => `${kubernetes}/${name}.env`;

const unit = (name: ServiceName): string => `[Unit]
Description=${name}
After=network.target containerd.service${name === "kube-apiserver" ? " etcd.service" : ""}
StartLimitIntervalSec=0

[Service]
Type=${services[name].type}
EnvironmentFile=-${environmentFile(name)}
ExecStart=${binariesOnNode}/${name} $${variable(name)}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;

const environment = (name: ServiceName, node: NodeSpec, all: readonly NodeSpec[]): string => {
  const { flags }: Service = services[name];
  const words = Object.entries(flags(node, all)).map(([flag, value]) => `--${flag}=${value}`);
  return `# managed by ansible\n${variable(name)}="${words.join(" \\\n")}"\n`;
};

/** Without certificates of its own: it makes what it serves in /var/lib/kubelet/pki. */
const kubeletConfig = stringify({
  ...kubeletConfiguration,
  containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
  authorization: { mode: "Webhook" },
  staticPodPath: manifests,
  rotateCertificates: false,
  clusterDomain: labNetwork.clusterDomain,
});

/** consul-template as it waits for the next change in Vault: the lab has none, so it does nothing. */
export const delivery = "consul-template.service";
const consulTemplate = {
  [`/etc/systemd/system/${delivery}`]: `[Unit]
Description=consul-template

[Service]
ExecStart=/usr/local/bin/consul-template -config /etc/consul.d/templates/consul-template-config-master.hcl
Restart=always

[Install]
WantedBy=multi-user.target
`,
  "/usr/local/bin/consul-template": "#!/bin/sh\nexec sleep infinity\n",
  "/etc/consul.d/templates/consul-template-config-master.hcl": `template {
  source = "/etc/consul.d/templates/ca.pem.tpl"
  destination = "${ca}"
}
`,
};

/** What a bare node has: units, not enabled, and what they read. */
export function fleetFiles(node: NodeSpec, all: readonly NodeSpec[]): Record<string, string> {
  const own = servicesOn(node).flatMap((name) => [
    [`/etc/systemd/system/${name}.service`, unit(name)],
    [environmentFile(name), environment(name, node, all)],
  ]);
  return {
    ...Object.fromEntries<string>(own as [string, string][]),
    ...(isNode(node) ? { [`${kubernetes}/kubelet-config.yaml`]: kubeletConfig } : {}),
    ...(isControlPlane(node) ? consulTemplate : {}),
  };
}

/** The units of a node in the order in which they start. */
export const servicesOn = (node: NodeSpec): ServiceName[] =>
  (Object.keys(services) as ServiceName[]).filter((name) => services[name].on(node));

/** The static pod of a control plane, by its path; the version as v1.36.3. */
export const schedulerPod = (kubernetesVersion: string): Record<string, string> => ({
  [`${manifests}/kube-scheduler.yaml`]: stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "kube-scheduler", namespace: "kube-system", labels: { component: "kube-scheduler" } },
    spec: {
      hostNetwork: true,
      priorityClassName: "system-node-critical",
      containers: [
        {
          name: "kube-scheduler",
          image: `${imageRepository}/kube-scheduler:${kubernetesVersion}`,
          imagePullPolicy: "Never",
          command: [
            "kube-scheduler",
            ...Object.entries(sameKubeconfig("kube-scheduler")).map(([flag, file]) => `--${flag}=${file}`),
          ],
          volumeMounts: [{ name: "kubernetes", mountPath: kubernetes, readOnly: true }],
        },
      ],
      volumes: [{ name: "kubernetes", hostPath: { path: kubernetes, type: "Directory" } }],
    },
  }),
});
