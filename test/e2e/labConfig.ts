import { readFileSync } from "node:fs";
import { layoutOf, type LayoutName } from "../../core/layouts";
import type { GivenServices } from "../../core/layouts/adjusted";
import type { Layout } from "../../core/layouts/layout";
import type { AuthorityName } from "../../core/model/authorities";
import { etcdFolder } from "../lab/kubesprayFiles";
import type { Lab } from "../lab/lab";
import { pkiDir, withRole, type Installer, type Role } from "../lab/topology";
import { crtPair, pemPair, type Pair } from "./pairs";
import type { Stack } from "./stack";

/** Where a CA is: certificate and, unless it is nowhere, key. */
interface Place extends Pair {
  readonly on: Role;
}

type Places = (pki: string) => Readonly<Partial<Record<AuthorityName, Place>>>;

const controlPlane = (base: string): Place => ({ on: "control-plane", ...crtPair(base) });

const byKubeadm: Places = (pki) => ({
  kubernetes: controlPlane(`${pki}/ca`),
  etcd: controlPlane(`${pki}/etcd/ca`),
  frontProxy: controlPlane(`${pki}/front-proxy-ca`),
});

/** The CAs of a cluster that exists, by the way it was installed. */
const CAS: Readonly<Record<Installer, Places>> = {
  kubeadm: byKubeadm,
  "external-etcd": (pki) => ({ ...byKubeadm(pki), etcd: { on: "etcd", ...crtPair(`${pki}/etcd/ca`) } }),
  etcdadm: (pki) => ({ ...byKubeadm(pki), etcd: { on: "etcd", ...crtPair("/etc/etcd/pki/ca") } }),
  kubespray: (pki) => ({ ...byKubeadm(pki), etcd: { on: "etcd", ...pemPair(`${etcdFolder}/ca`) } }),
  hardway: () => ({
    kubernetes: controlPlane("/var/lib/kubernetes/ca"),
    etcd: controlPlane("/var/lib/kubernetes/etcd-ca"),
    frontProxy: controlPlane("/var/lib/kubernetes/front-proxy-ca"),
  }),
  // one for all
  fleet: (pki) => ({ kubernetes: { on: "control-plane", ...pemPair(`${pki}/ca`) } }),
};

const firstWith = ({ nodes }: Lab, role: Role): string => withRole(nodes, role)[0]?.name ?? "";

/** By authority, what is read of its CA on the first node that has it. */
const ofCas = async <T>(
  lab: Lab,
  read: (node: string, ca: Pair) => Promise<T>,
): Promise<Readonly<Record<string, T>>> => {
  const places = Object.entries(CAS[lab.topology.installer](pkiDir(lab.topology)));
  const entries = places.map(async ([name, { on, ...ca }]) => [name, await read(firstWith(lab, on), ca)] as const);
  return Object.fromEntries(await Promise.all(entries));
};

/** What a stack file says of a PKI that kubeadm keeps elsewhere. */
const filesOf = ({ topology: { certificatesDir } }: Lab): { readonly files?: Record<string, { path: string }> } =>
  certificatesDir === undefined ? {} : { files: { "/etc/kubernetes/pki/": { path: `${certificatesDir}/` } } };

/** What API servers are called in a lab besides what every stack gives them: they would lose it, which a node refuses. */
const EXTRA_SANS: Readonly<Record<Installer, (lab: Lab) => readonly string[]>> = {
  kubeadm: () => [],
  "external-etcd": () => [],
  etcdadm: () => [],
  kubespray: () => [],
  hardway: () => ["localhost", "127.0.0.1"],
  // they have one pair
  fleet: ({ nodes }) => withRole(nodes, "control-plane").map(({ address }) => address),
};

/** What is said of all authorities of a cluster that has one CA. */
const AUTHORITY: Readonly<Partial<Record<Installer, { readonly oneCa: true }>>> = { fleet: { oneCa: true } };

const SERVICES: Readonly<Partial<Record<Installer, GivenServices>>> = {
  fleet: { "kube-scheduler": { kind: "static-pod" } },
};

const TOKEN_KEY: Readonly<Partial<Record<Installer, string>>> = { fleet: "service-account-key.pem" };

const LAYOUT: Readonly<Record<Installer, LayoutName>> = {
  kubeadm: "kubeadm",
  "external-etcd": "kubeadm",
  etcdadm: "etcdadm",
  kubespray: "kubespray",
  hardway: "hardway",
  fleet: "fleet",
};

/** What the stack file of a lab says of places and services. */
export const labLayout = (lab: Lab): Layout => {
  const { installer } = lab.topology;
  return layoutOf({
    layout: LAYOUT[installer],
    files: filesOf(lab).files ?? {},
    services: SERVICES[installer] ?? {},
    authority: AUTHORITY[installer] ?? { oneCa: false },
  });
};

const definedOf = (key: string, value: object | undefined): Record<string, unknown> =>
  value === undefined ? {} : { [key]: value };

/** The plain part of a stack file that describes this lab. */
export const labConfig = (lab: Lab): Record<string, unknown> => ({
  cluster: {
    name: "lab",
    kubernetesVersion: lab.kubernetesVersion,
    endpoint: lab.endpoint,
    serviceCidrs: lab.serviceCidr,
    extraSans: [...EXTRA_SANS[lab.topology.installer](lab)],
  },
  nodes: lab.nodes.map(({ name, address, roles }) => ({
    name,
    address,
    roles: [...roles],
    ssh: { hostKey: lab.hostKey(name) },
  })),
  layout: LAYOUT[lab.topology.installer],
  ...filesOf(lab),
  ...definedOf("services", SERVICES[lab.topology.installer]),
  ...definedOf("authority", AUTHORITY[lab.topology.installer]),
  users: [{ name: "alice", organizations: ["access"], validity: "90d" }],
  // two at a time keeps the scenarios short and the wave visible
  rollout: { workersAtOnce: 1 },
});

/** The CAs of a cluster that exists, as its owner would hand them over. */
export const givenAuthorities = async (lab: Lab): Promise<Record<string, unknown>> => ({
  ...AUTHORITY[lab.topology.installer],
  ...(await ofCas(lab, async (node, { cert, key }) => ({
    certificate: await lab.must(node, `cat ${cert}`),
    key: await lab.must(node, `cat ${key}`),
  }))),
  serviceAccount: {
    key: await lab.must(
      firstWith(lab, "control-plane"),
      `cat ${pkiDir(lab.topology)}/${TOKEN_KEY[lab.topology.installer] ?? "sa.key"}`,
    ),
  },
});

const fingerprint = async (lab: Lab, node: string, file: string): Promise<string> =>
  (await lab.must(node, `openssl x509 -noout -fingerprint -sha256 -in ${file}`)).trim().replace(/^.*=/, "");

/** What a stack file says of a cluster whose CA keys it is not given: the fingerprints of its CAs. */
export const adoptionConfig = async (lab: Lab): Promise<{ adopt: Record<string, unknown> }> => ({
  adopt: { ...(await ofCas(lab, (node, { cert }) => fingerprint(lab, node, cert))), serviceAccount: true },
});

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
      authority: { ...AUTHORITY[lab.topology.installer], kind: "vault", vault: { address } },
      rollout: { workersAtOnce: 1, acceptEtcdDowntime: true },
    });
    if (start === "existing") stack.configure(await adoptionConfig(lab));
  } else if (start === "existing") await stack.configureSecret("authority", await givenAuthorities(lab));
};
