import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { stringify } from "yaml";
import { imageRepository } from "./images";
import type { Lab } from "./lab";
import { failure } from "./process";
import { step, type Log } from "./progress";
import {
  certificatesDir,
  labNetwork,
  networkOf,
  pkiDir,
  withRole,
  type Installer,
  type NodeSpec,
  type Topology,
} from "./topology";

const apiVersion = "kubeadm.k8s.io/v1beta4";
const configFile = "/root/kubeadm.yaml";

/** Everything in a node that kubeadm's checks of a whole machine stumble over is known and harmless here. */
function nodeRegistration(node: NodeSpec): object {
  return {
    name: node.name,
    criSocket: "unix:///run/containerd/containerd.sock",
    imagePullPolicy: "Never",
    ignorePreflightErrors: ["all"],
    kubeletExtraArgs: [{ name: "node-ip", value: node.address }],
    // A control plane takes workloads as well: a lab has few nodes.
    ...(node.roles.includes("control-plane") ? { taints: [] } : {}),
  };
}

/** What the nodes' kubelets need to live in namespaces of a shared machine; all about certificates stays kubeadm's default. */
export const kubeletConfiguration = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
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

/** nftables needs nothing of the host's kernel modules; conntrack limits belong to the machine and are left alone. */
const proxyConfiguration = {
  apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
  kind: "KubeProxyConfiguration",
  mode: "nftables",
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
};

interface EtcdClient {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Where kubeadm's pages say to copy them to. */
function handedOver(pki: string): EtcdClient {
  return {
    caFile: `${pki}/etcd/ca.crt`,
    certFile: `${pki}/apiserver-etcd-client.crt`,
    keyFile: `${pki}/apiserver-etcd-client.key`,
  };
}

/** With which files API servers are clients of an etcd that kubeadm does not make. */
const etcdClients: Readonly<Record<Installer, ((pki: string, node: string) => EtcdClient) | undefined>> = {
  kubeadm: undefined,
  hardway: undefined,
  fleet: undefined,
  "external-etcd": handedOver,
  etcdadm: handedOver,
  kubespray: (_pki, node) => ({
    caFile: "/etc/ssl/etcd/ssl/ca.pem",
    certFile: `/etc/ssl/etcd/ssl/node-${node}.pem`,
    keyFile: `/etc/ssl/etcd/ssl/node-${node}-key.pem`,
  }),
};

function externalEtcd(topology: Topology, node: NodeSpec): object {
  const client = etcdClients[topology.installer];
  if (client === undefined) return {};
  const endpoints = withRole(topology.nodes, "etcd").map(({ address }) => `https://${address}:2379`);
  return { etcd: { external: { endpoints, ...client(pkiDir(topology), node.name) } } };
}

/** Names that API servers get beside kubeadm's own. */
const certSans: Readonly<Record<Installer, (topology: Topology) => readonly string[]>> = {
  kubeadm: () => [],
  "external-etcd": () => [],
  hardway: () => [],
  fleet: () => [],
  etcdadm: () => [],
  kubespray: ({ nodes }) => [
    "localhost",
    "127.0.0.1",
    "::1",
    ...withRole(nodes, "control-plane").flatMap(({ name, address }) => [address, name]),
  ],
};

function apiServer(topology: Topology): object {
  const sans = certSans[topology.installer](topology);
  return sans.length === 0 ? {} : { apiServer: { certSANs: sans } };
}

/** Where kubeadm is told another place than its own. */
function toldDir(topology: Topology): string | undefined {
  const told = pkiDir(topology);
  return told === certificatesDir ? undefined : told;
}

export interface JoinSecrets {
  readonly token: string;
  /** Under which `init` leaves its keys in the cluster for further control planes; undefined where they have them already. */
  readonly certificateKey: string | undefined;
}

function newToken(): string {
  return `${randomBytes(3).toString("hex")}.${randomBytes(8).toString("hex")}`;
}

export function initConfig(
  lab: Pick<Lab, "endpoint" | "kubernetesVersion" | "name" | "topology">,
  node: NodeSpec,
  secrets: JoinSecrets,
): string {
  const told = toldDir(lab.topology);
  const documents = [
    {
      apiVersion,
      kind: "InitConfiguration",
      bootstrapTokens: [{ token: secrets.token, ttl: "2h0m0s" }],
      ...(secrets.certificateKey === undefined ? {} : { certificateKey: secrets.certificateKey }),
      localAPIEndpoint: { advertiseAddress: node.address, bindPort: labNetwork.apiPort },
      nodeRegistration: nodeRegistration(node),
      skipPhases: ["addon/coredns"],
    },
    {
      apiVersion,
      kind: "ClusterConfiguration",
      clusterName: "lab",
      ...(told === undefined ? {} : { certificatesDir: told }),
      kubernetesVersion: lab.kubernetesVersion,
      imageRepository,
      controlPlaneEndpoint: lab.endpoint,
      networking: {
        podSubnet: networkOf(node.address).podCidr,
        serviceSubnet: networkOf(node.address).serviceCidr,
        dnsDomain: labNetwork.clusterDomain,
      },
      ...externalEtcd(lab.topology, node),
      ...apiServer(lab.topology),
      controllerManager: { extraArgs: [{ name: "allocate-node-cidrs", value: "false" }] },
    },
    kubeletConfiguration,
    proxyConfiguration,
  ];
  return documents.map((each) => stringify(each)).join("---\n");
}

function joinConfig(lab: Lab, node: NodeSpec, caHash: string, secrets: JoinSecrets): string {
  const { endpoint } = lab;
  const told = toldDir(lab.topology);
  const controlPlane = {
    localAPIEndpoint: { advertiseAddress: node.address, bindPort: labNetwork.apiPort },
    ...(secrets.certificateKey === undefined ? {} : { certificateKey: secrets.certificateKey }),
  };
  return stringify({
    apiVersion,
    kind: "JoinConfiguration",
    // where a worker's kubelet looks for it; kubeadm does not take it from the cluster
    ...(told === undefined ? {} : { caCertPath: `${told}/ca.crt` }),
    discovery: { bootstrapToken: { token: secrets.token, apiServerEndpoint: endpoint, caCertHashes: [caHash] } },
    nodeRegistration: nodeRegistration(node),
    ...(node.roles.includes("control-plane") ? { controlPlane } : {}),
  });
}

/** The pin of a CA as kubeadm writes it: sha256 of the public key. */
export function caHash(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

async function kubeadm(
  lab: Lab,
  node: NodeSpec,
  verb: "init" | "init --upload-certs" | "join",
  config: string,
): Promise<void> {
  const command = `umask 077; cat >${configFile}; kubeadm ${verb} --config ${configFile} --v=1 2>&1; code=$?; rm -f ${configFile}; exit $code`;
  const result = await lab.run(node.name, command, { stdin: config, timeoutMs: 240_000 });
  if (result.code !== 0) throw new Error(failure(`${node.name}: kubeadm ${verb}`, result));
}

/**
 * Makes the cluster on booted, bare nodes: init on the first control plane, the others one after another, workers at once.
 * With `pki: "given"` every node has its files already and none are handed from node to node.
 */
export async function installKubeadm(lab: Lab, log: Log, pki: "made" | "given" = "made"): Promise<void> {
  const [first, ...others] = withRole(lab.nodes, "control-plane");
  if (first === undefined) throw new Error(`topology: ${lab.topology.name} has no control plane`);
  const secrets: JoinSecrets = {
    token: newToken(),
    certificateKey: pki === "given" ? undefined : randomBytes(32).toString("hex"),
  };
  await step(log, `${first.name}: kubeadm init`, () =>
    kubeadm(lab, first, pki === "given" ? "init" : "init --upload-certs", initConfig(lab, first, secrets)),
  );
  const hash = await clusterCaHash(lab, first);
  const join = (node: NodeSpec): Promise<void> =>
    step(log, `${node.name}: kubeadm join`, () => kubeadm(lab, node, "join", joinConfig(lab, node, hash, secrets)));
  const workers = withRole(lab.nodes, "worker").filter((node) => !node.roles.includes("control-plane"));
  // etcd takes one new member at a time.
  const inTurn = others.reduce((before, node) => before.then(() => join(node)), Promise.resolve());
  await Promise.all([inTurn, ...workers.map(join)]);
}

async function clusterCaHash(lab: Lab, controlPlane: NodeSpec): Promise<string> {
  const pem = await lab.must(controlPlane.name, `cat ${pkiDir(lab.topology)}/ca.crt`);
  return caHash(pem);
}

/**
 * Joins one bare node to a running cluster with a token made for it. With `pki: "given"` it has its files already, which
 * the other control planes could not hand over: that takes the keys of all CAs.
 */
export async function joinNode(lab: Lab, node: NodeSpec, log: Log, pki: "made" | "given" = "made"): Promise<void> {
  const controlPlane = withRole(lab.nodes, "control-plane").find((each) => each.name !== node.name);
  if (controlPlane === undefined) throw new Error(`${node.name}: there is no other control plane to join`);
  const kubeconfig = "--kubeconfig /etc/kubernetes/admin.conf";
  const token = (await lab.must(controlPlane.name, `kubeadm token create --ttl 10m ${kubeconfig}`)).trim();
  const certificateKey = pki === "given" ? undefined : randomBytes(32).toString("hex");
  if (node.roles.includes("control-plane") && certificateKey !== undefined) {
    const upload = `kubeadm init phase upload-certs --upload-certs --certificate-key ${certificateKey} ${kubeconfig}`;
    await lab.must(controlPlane.name, upload);
  }
  const hash = await clusterCaHash(lab, controlPlane);
  const config = joinConfig(lab, node, hash, { token, certificateKey });
  await step(log, `${node.name}: kubeadm join`, () => kubeadm(lab, node, "join", config));
}
