/**
 * kubeadm's cluster on an etcd of its own making, on other machines, by its page "Set up a High Availability etcd Cluster with
 * kubeadm": a kubelet that is no node of the cluster runs each member as a static pod.
 */
import { stringify } from "yaml";
import { push } from "./hardway";
import { imageRepository } from "./images";
import { installKubeadm, kubeletConfiguration } from "./kubeadm";
import type { Lab } from "./lab";
import { step, type Log } from "./progress";
import { certificatesDir, hasStandaloneKubelet, withRole, type NodeSpec } from "./topology";
import { inWaves } from "./waves";

const dropIns = "/etc/systemd/system/kubelet.service.d";
const configFile = "/root/kubeadmcfg.yaml";

/** The page's, with what kubelets need in a lab. */
const kubeletConfig = {
  ...kubeletConfiguration,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
  authorization: { mode: "AlwaysAllow" },
  address: "127.0.0.1",
  containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
  staticPodPath: "/etc/kubernetes/manifests",
};

/** The lab's unit waits for a file of kubeadm's that a member does not have. */
const dropIn = `[Unit]
ConditionPathExists=

[Service]
ExecStart=
ExecStart=/usr/bin/kubelet --config=${dropIns}/kubelet.conf
Restart=always
`;

/** What makes a member's kubelet stand alone. */
export function standaloneKubelet(node: NodeSpec): Record<string, string> {
  if (!hasStandaloneKubelet(node, "external-etcd")) return {};
  return { [`${dropIns}/kubelet.conf`]: stringify(kubeletConfig), [`${dropIns}/20-etcd-service-manager.conf`]: dropIn };
}

function memberConfig(lab: Lab, { name, address }: NodeSpec): string {
  const apiVersion = "kubeadm.k8s.io/v1beta4";
  const [client, peer] = [`https://${address}:2379`, `https://${address}:2380`];
  const members = withRole(lab.nodes, "etcd").map((each) => `${each.name}=https://${each.address}:2380`);
  const extraArgs = Object.entries({
    "initial-cluster": members.join(","),
    "initial-cluster-state": "new",
    name,
    "listen-peer-urls": peer,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "initial-advertise-peer-urls": peer,
  }).map(([option, value]) => ({ name: option, value }));
  return [
    {
      apiVersion,
      kind: "InitConfiguration",
      nodeRegistration: { name },
      localAPIEndpoint: { advertiseAddress: address },
    },
    {
      apiVersion,
      kind: "ClusterConfiguration",
      kubernetesVersion: lab.kubernetesVersion,
      imageRepository,
      etcd: { local: { serverCertSANs: [address], peerCertSANs: [address], extraArgs } },
    },
  ]
    .map((each) => stringify(each))
    .join("---\n");
}

const phases = (...names: readonly string[]): string =>
  ["set -eu", ...names.map((name) => `kubeadm init phase ${name} --config ${configFile}`)].join("\n");

/** A kubeadm cluster whose etcd runs elsewhere. With `pki: "given"` every node has its files already. */
export async function installExternalEtcd(lab: Lab, log: Log, pki: "made" | "given" = "made"): Promise<void> {
  const members = withRole(lab.nodes, "etcd");
  for (const node of members) await push(lab, node, { [configFile]: memberConfig(lab, node) });
  if (pki === "made") await step(log, "making etcd's PKI with kubeadm", () => makePki(lab, members));
  await step(log, `starting etcd on ${members.map(({ name }) => name).join(", ")}`, () =>
    inWaves(members, async ({ name }) => {
      await lab.must(name, `${phases("etcd local")}\nsystemctl enable --quiet --now kubelet`, { timeoutMs: 120_000 });
    }),
  );
  await installKubeadm(lab, log, pki);
}

async function read(lab: Lab, node: string, paths: readonly string[]): Promise<Record<string, string>> {
  const texts = paths.map(async (path) => [path, await lab.must(node, `cat ${path}`)] as const);
  return Object.fromEntries(await Promise.all(texts));
}

/** The first member makes the CA, which each signs its own with; its key stays on the first. */
async function makePki(lab: Lab, [first, ...others]: readonly NodeSpec[]): Promise<void> {
  if (first === undefined) throw new Error(`topology: ${lab.topology.name} has no member of etcd`);
  const [ca, caKey] = [`${certificatesDir}/etcd/ca.crt`, `${certificatesDir}/etcd/ca.key`];
  await lab.must(first.name, phases("certs etcd-ca"));
  const authority = await read(lab, first.name, [ca, caKey]);
  for (const node of others) await push(lab, node, authority);
  const leaves = ["etcd-server", "etcd-peer", "etcd-healthcheck-client", "apiserver-etcd-client"];
  const own = phases(...leaves.map((leaf) => `certs ${leaf}`));
  await inWaves([first, ...others], ({ name }) => lab.must(name, own, { timeoutMs: 60_000 }));
  await inWaves(others, ({ name }) => lab.must(name, `rm ${caKey}`));
  const client = ["crt", "key"].map((suffix) => `${certificatesDir}/apiserver-etcd-client.${suffix}`);
  const handedOver = await read(lab, first.name, [ca, ...client]);
  for (const node of withRole(lab.nodes, "control-plane")) await push(lab, node, handedOver);
}
