/**
 * A cluster as a team deploys it by its own playbooks, after the account that docs/procedures/deezer-ca-rotation.md follows:
 * one CA for everything, `.pem` names under /etc/kubernetes/pki, units with their flags in environment files beside a static
 * pod written by hand, one pair for all API servers, which is copied to every master, and consul-template.
 */
import { join } from "node:path";
import { delivery, kubernetes, pki, schedulerPod, services, servicesOn } from "./fleetFiles";
import { push } from "./hardway";
import { makeAuthorities, ownNames, pkiFiles, serviceNames, type PkiTables } from "./hardwayPki";
import type { Lab } from "./lab";
import { step, type Log } from "./progress";
import { labNetwork, withRole, type NodeSpec } from "./topology";
import { inWaves } from "./waves";

const client = "clientAuth";
const files = (name: string) => ({ files: `${pki}/${name}` });
const kubeconfig = (name: string, server: "endpoint" | "local") =>
  ({ kubeconfig: `${kubernetes}/${name}.kubeconfig`, server }) as const;

const tables = (masters: readonly NodeSpec[]): PkiTables => ({
  suffixes: { certificate: ".pem", key: "-key.pem" },
  shared: {
    etcd: { [`${pki}/ca.pem`]: "kubernetes.crt" },
    "control-plane": {
      [`${pki}/ca.pem`]: "kubernetes.crt",
      [`${pki}/ca-key.pem`]: "kubernetes.key",
      [`${pki}/service-account-key.pem`]: "service-accounts.key",
      [`${pki}/service-account.pem`]: "service-accounts.pub",
    },
    worker: { [`${pki}/ca.pem`]: "kubernetes.crt" },
  },
  leaves: [
    {
      on: ["etcd"],
      authority: "kubernetes",
      subject: (node) => `/CN=${node.name}`,
      usage: "serverAuth,clientAuth",
      sans: ownNames,
      to: files("etcd"),
    },
    {
      on: ["control-plane"],
      authority: "kubernetes",
      subject: () => "/CN=kube-apiserver",
      usage: "serverAuth",
      sans: () => [...serviceNames, `IP:${labNetwork.address}`, ...masters.flatMap(({ address }) => [`IP:${address}`])],
      to: files("apiserver"),
      isCopied: true,
    },
    {
      on: ["control-plane"],
      authority: "kubernetes",
      subject: () => "/O=system:masters/CN=kube-apiserver-kubelet-client",
      usage: client,
      to: files("apiserver-kubelet-client"),
    },
    ...["kube-apiserver-etcd-client", "front-proxy-client"].map((name) => ({
      on: ["control-plane"] as const,
      authority: "kubernetes" as const,
      subject: () => `/CN=${name}`,
      usage: client,
      to: files(name.replace(/^kube-/, "")),
    })),
    {
      on: ["control-plane"],
      authority: "kubernetes",
      subject: () => "/O=system:masters/CN=kubernetes-admin",
      usage: client,
      to: kubeconfig("admin", "endpoint"),
    },
    ...["kube-controller-manager", "kube-scheduler"].map((name) => ({
      on: ["control-plane"] as const,
      authority: "kubernetes" as const,
      subject: () => `/CN=system:${name}`,
      usage: client,
      to: kubeconfig(name, "local"),
    })),
    {
      on: ["control-plane", "worker"],
      authority: "kubernetes",
      subject: (node) => `/O=system:nodes/CN=system:node:${node.name}`,
      usage: client,
      to: kubeconfig("kubelet", "endpoint"),
    },
    {
      on: ["control-plane", "worker"],
      authority: "kubernetes",
      subject: () => "/O=system:node-proxier/CN=system:kube-proxy",
      usage: client,
      to: kubeconfig("kube-proxy", "endpoint"),
    },
  ],
});

/** Makes the PKI, unless it is given, brings it to every node and starts the services. */
export async function installFleet(lab: Lab, log: Log, pkiIs: "made" | "given" = "made"): Promise<void> {
  const folder = join(lab.folder, "pki");
  const masters = withRole(lab.nodes, "control-plane");
  if (pkiIs === "made")
    await step(log, "making the PKI with openssl", async () => {
      await makeAuthorities(folder, { kubernetes: "kubernetes-ca" });
      const copied = new Map<string, string>();
      for (const node of lab.nodes)
        await push(lab, node, await pkiFiles(folder, node, lab.endpoint, tables(masters), copied));
    });
  for (const node of masters) await push(lab, node, schedulerPod(lab.kubernetesVersion));
  for (const name of Object.keys(services) as (keyof typeof services)[]) {
    const having = lab.nodes.filter((node) => servicesOn(node).includes(name));
    await step(log, `starting ${name} on ${having.map((node) => node.name).join(", ")}`, () =>
      inWaves(having, (node) => lab.must(node.name, `systemctl enable --quiet --now ${name}`, { timeoutMs: 120_000 })),
    );
  }
  await inWaves(masters, ({ name }) =>
    lab.must(name, `chmod 0755 /usr/local/bin/consul-template\nsystemctl enable --quiet --now ${delivery}`),
  );
}
