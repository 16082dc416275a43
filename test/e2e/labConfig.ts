import { readFileSync } from "node:fs";
import type { Lab } from "../lab/lab";
import { pkiDir, type Installer } from "../lab/topology";
import type { Stack } from "./stack";

/** Where kubeadm keeps its CAs on a control plane. */
const CA_FILES = { kubernetes: "ca", etcd: "etcd/ca", frontProxy: "front-proxy-ca" } as const;

const SERVICE_ACCOUNT_KEY = "sa.key";

const inPki = ({ topology }: Lab, file: string): string => `${pkiDir(topology)}/${file}`;

/** What a stack file says of a PKI that kubeadm keeps elsewhere. */
const filesOf = ({ topology: { certificatesDir } }: Lab): Record<string, unknown> =>
  certificatesDir === undefined ? {} : { files: { "/etc/kubernetes/pki/": { path: `${certificatesDir}/` } } };

/** What API servers are called in a lab besides what every stack gives them: they would lose it, which a node refuses. */
const EXTRA_SANS: Readonly<Record<Installer, readonly string[]>> = {
  kubeadm: [],
  hardway: ["localhost", "127.0.0.1"],
};

/** The plain part of a stack file that describes this lab. */
export const labConfig = (lab: Lab): Record<string, unknown> => ({
  cluster: {
    name: "lab",
    kubernetesVersion: lab.kubernetesVersion,
    endpoint: lab.endpoint,
    serviceCidrs: lab.serviceCidr,
    extraSans: [...EXTRA_SANS[lab.topology.installer]],
  },
  nodes: lab.nodes.map(({ name, address, roles }) => ({
    name,
    address,
    roles: [...roles],
    ssh: { hostKey: lab.hostKey(name) },
  })),
  layout: lab.topology.installer,
  ...filesOf(lab),
  users: [{ name: "alice", organizations: ["access"], validity: "90d" }],
  // two at a time keeps the scenarios short and the wave visible
  rollout: { workersAtOnce: 1 },
});

/** The CAs of a cluster that exists, as its owner would hand them over. */
export const givenAuthorities = async (lab: Lab): Promise<Record<string, unknown>> => {
  const node = lab.nodes.find(({ roles }) => roles.includes("control-plane"))?.name ?? "";
  const entries = await Promise.all(
    Object.entries(CA_FILES).map(async ([name, base]) => [
      name,
      {
        certificate: await lab.must(node, `cat ${inPki(lab, base)}.crt`),
        key: await lab.must(node, `cat ${inPki(lab, base)}.key`),
      },
    ]),
  );
  return {
    ...(Object.fromEntries(entries) as Record<string, unknown>),
    serviceAccount: { key: await lab.must(node, `cat ${inPki(lab, SERVICE_ACCOUNT_KEY)}`) },
  };
};

/** The certificates of a control plane that are taken over, by the way it was installed. */
const ADOPTED: Readonly<Record<Installer, (lab: Lab) => Readonly<Record<string, string>>>> = {
  kubeadm: (lab) =>
    Object.fromEntries(Object.entries(CA_FILES).map(([name, base]) => [name, `${inPki(lab, base)}.crt`])),
  hardway: () => ({
    kubernetes: "/var/lib/kubernetes/ca.crt",
    etcd: "/var/lib/kubernetes/etcd-ca.crt",
    frontProxy: "/var/lib/kubernetes/front-proxy-ca.crt",
  }),
};

const fingerprint = async (lab: Lab, node: string, file: string): Promise<string> =>
  (await lab.must(node, `openssl x509 -noout -fingerprint -sha256 -in ${file}`)).trim().replace(/^.*=/, "");

/** What a stack file says of a cluster whose CA keys it is not given: the fingerprints of its CAs. */
export const adoptionConfig = async (lab: Lab): Promise<{ adopt: Record<string, unknown> }> => {
  const node = lab.nodes.find(({ roles }) => roles.includes("control-plane"))?.name ?? "";
  const entries = await Promise.all(
    Object.entries(ADOPTED[lab.topology.installer](lab)).map(async ([name, file]) => [
      name,
      await fingerprint(lab, node, file),
    ]),
  );
  return { adopt: { ...(Object.fromEntries(entries) as Record<string, unknown>), serviceAccount: true } };
};

/** Writes what says which nodes there are and how they are reached. */
export const configureSsh = async (stack: Stack, lab: Lab): Promise<void> => {
  stack.configure(labConfig(lab));
  await stack.configureSecret("ssh", { privateKey: readFileSync(lab.sshKeyFile, "utf8") });
};

/**
 * Writes the stack file for a lab: `existing` hands over the cluster's own CAs, `bare` lets new ones be made. Where Vault
 * signs, a cluster that exists is taken over: its keys are not what the server could sign with.
 */
export const configureFor = async (stack: Stack, lab: Lab, start: "existing" | "bare"): Promise<void> => {
  await configureSsh(stack, lab);
  const { VAULT_ADDR: address } = stack.env;
  if (address !== undefined) {
    stack.configure({
      authority: { kind: "vault", vault: { address } },
      rollout: { workersAtOnce: 1, acceptEtcdDowntime: true },
    });
    if (start === "existing") stack.configure(await adoptionConfig(lab));
  } else if (start === "existing") await stack.configureSecret("authority", await givenAuthorities(lab));
};
