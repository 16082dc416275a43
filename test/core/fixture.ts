/** A small cluster to plan with. */
import type { ClusterPkiArgs } from "../../components/clusterPki";
import { parseConfig } from "../../core/config/parse";
import type { Config } from "../../core/schema/config";

export const NOW = new Date("2026-11-22T00:00:00Z");

/** No two nodes have the same. */
const hostKeyOf = (seed: number): string =>
  `ssh-ed25519 ${Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from("ssh-ed25519"),
    Buffer.from([0, 0, 0, 32]),
    Buffer.alloc(32, seed),
  ]).toString("base64")}`;

const node = (name: string, address: string, roles: readonly string[]) => ({
  name,
  address,
  roles,
  ssh: { hostKey: hostKeyOf(Number(address.split(".").at(-1))) },
});

/** Three stacked control planes and three workers, kubeadm layout, generated authorities, ssh agent. */
export const RAW: Readonly<Record<string, unknown>> = {
  cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443", extraSans: ["10.0.0.9"] },
  nodes: [
    node("cp1", "10.0.0.11", ["control-plane"]),
    node("cp2", "10.0.0.12", ["control-plane"]),
    node("cp3", "10.0.0.13", ["control-plane"]),
    node("w1", "10.0.0.21", ["worker"]),
    node("w2", "10.0.0.22", ["worker"]),
    node("w3", "10.0.0.23", ["worker"]),
  ],
  ssh: { agent: true },
};

/** As a program gives it. */
export const argsWith = (changes: Readonly<Record<string, unknown>> = {}): ClusterPkiArgs => ({
  ...(RAW as unknown as ClusterPkiArgs),
  ...changes,
  now: NOW,
});

/** The fixture with some top-level keys replaced. */
export const configWith = (changes: Readonly<Record<string, unknown>> = {}): Config =>
  parseConfig({ ...RAW, ...changes }, { now: NOW, secretKeys: new Set(["authority", "ssh"]) });

/** External etcd, control planes without kubelet, one worker. */
export const HARDWAY = {
  layout: "hardway",
  nodes: [
    node("e1", "10.0.0.31", ["etcd"]),
    node("e2", "10.0.0.32", ["etcd"]),
    node("e3", "10.0.0.33", ["etcd"]),
    node("cp1", "10.0.0.11", ["control-plane"]),
    node("cp2", "10.0.0.12", ["control-plane"]),
    node("w1", "10.0.0.21", ["worker"]),
  ],
};

/** The same nodes, by kubeadm and etcdadm. */
export const ETCDADM = { ...HARDWAY, layout: "etcdadm" };

export const etcdadmConfig = (): Config => configWith(ETCDADM);

/** The stacked control planes and the workers, by kubespray. */
export const kubesprayConfig = (): Config => configWith({ layout: "kubespray" });

export const hardwayConfig = (): Config => configWith(HARDWAY);
