import { readFileSync } from "node:fs";
import type { Lab } from "../lab/lab";
import type { Stack } from "./stack";

/** Where kubeadm keeps its CAs on a control plane. */
const CA_FILES = {
  kubernetes: "/etc/kubernetes/pki/ca",
  etcd: "/etc/kubernetes/pki/etcd/ca",
  frontProxy: "/etc/kubernetes/pki/front-proxy-ca",
} as const;

const SERVICE_ACCOUNT_KEY = "/etc/kubernetes/pki/sa.key";

/** The plain part of a stack file that describes this lab. */
export const labConfig = (lab: Lab): Record<string, unknown> => ({
  cluster: {
    name: "lab",
    kubernetesVersion: lab.kubernetesVersion,
    endpoint: lab.endpoint,
    serviceCidrs: lab.serviceCidr,
  },
  nodes: lab.nodes.map(({ name, address, roles }) => ({
    name,
    address,
    roles: [...roles],
    ssh: { hostKey: lab.hostKey(name) },
  })),
  layout: lab.topology.installer,
  // two at a time keeps the scenarios short and the wave visible
  rollout: { workersAtOnce: 1 },
});

/** The CAs of a cluster that exists, as its owner would hand them over. */
export const givenAuthorities = async (lab: Lab): Promise<Record<string, unknown>> => {
  const node = lab.nodes.find(({ roles }) => roles.includes("control-plane"))?.name ?? "";
  const entries = await Promise.all(
    Object.entries(CA_FILES).map(async ([name, base]) => [
      name,
      { certificate: await lab.must(node, `cat ${base}.crt`), key: await lab.must(node, `cat ${base}.key`) },
    ]),
  );
  return {
    ...(Object.fromEntries(entries) as Record<string, unknown>),
    serviceAccount: { key: await lab.must(node, `cat ${SERVICE_ACCOUNT_KEY}`) },
  };
};

/** Writes the stack file for a lab: `existing` hands over the cluster's own CAs, `bare` lets new ones be made. */
export const configureFor = async (stack: Stack, lab: Lab, start: "existing" | "bare"): Promise<void> => {
  stack.configure(labConfig(lab));
  await stack.configureSecret("ssh", { privateKey: readFileSync(lab.sshKeyFile, "utf8") });
  if (start === "existing") await stack.configureSecret("authority", await givenAuthorities(lab));
};
