/**
 * The shape of a stack's configuration, one strict object per concern. Texts become what the planner uses: canonical
 * addresses, seconds, lists (fields.ts). Checks of several fields at once are in core/config/checks/; messages are made in
 * core/config/problems.ts.
 *
 * Every `error` here continues the words "must be" in a message.
 */
import { z } from "zod";
import { endpointTodo, reachableEndpoint } from "../format/addresses";
import { canonicalVersion, VERSION } from "../format/kubernetesVersion";
import { files, services } from "./files";
import { LAYOUT_NAMES } from "../layouts";
import { LISTENER_NAMES, LISTENERS, type ListenerName } from "../model/listeners";
import { ROLES } from "../model/roles";
import { DEFAULT_STRATEGY, STRATEGY_NAMES } from "../model/strategies";
import { authority } from "./authority";
import {
  backupCount,
  choice,
  cidr,
  dnsLabel,
  dnsName,
  like,
  cidrAsGiven,
  duration,
  flag,
  host,
  hostKey,
  ip,
  moment,
  nodesAtOnce,
  object,
  port,
  portOrNone,
  sans,
  secretPem,
  span,
  text,
  user,
  validity,
  algorithm,
  keyLocation,
} from "./fields";
import { inCluster } from "./inCluster";
import { ownCertificates } from "./own";
import { profiles } from "./profiles";
import { readers } from "./readers";
import { renewAt } from "./renewAt";
import { adopt, rotation } from "./rotation";
import { users } from "./users";
import { window } from "./window";

const listener = object({
  port: port.optional().describe("Its port."),
  on: choice(["node", "loopback"]).optional().describe("node: the node's address; loopback: only 127.0.0.1."),
}).optional();

const cluster = object({
  name: dnsLabel("a DNS label: at most 63 of a-z, 0-9 and -").describe(
    "Name of the cluster; part of generated CA subjects and of every kubeconfig.",
  ),
  kubernetesVersion: text('"1.30.0" or newer, with its patch number, in quotes', canonicalVersion)
    .meta(like(VERSION))
    .describe("Kubernetes version of the cluster; it decides which services reload a file and which restart."),
  endpoint: text(
    '"host:port", without https://',
    (given) => reachableEndpoint(given, LISTENERS.apiServer.port),
    endpointTodo,
  ).describe("Where clients and nodes reach the API; port 6443 by default."),
  serviceCidrs: z
    .union([cidrAsGiven, z.array(cidrAsGiven)], {
      error: "one network, or a list of two (IPv4 and IPv6)",
    })
    .transform((given) => (typeof given === "string" ? [given] : given))
    .pipe(
      z
        .array(cidr)
        .refine((list) => list.length >= 1 && new Set(list.map((one) => one.includes(":"))).size === list.length, {
          error: "one network, or a list of two (IPv4 and IPv6)",
        }),
    )
    .prefault("10.96.0.0/12")
    .describe("Service networks; the first address of each goes into the API server's certificate."),
  dnsDomain: dnsName().prefault("cluster.local").describe("DNS domain of the cluster's services."),
  extraSans: sans.default([]).describe("Additional names and addresses in every API server certificate."),
  workerProxyPort: portOrNone
    .optional()
    .describe(
      "Port on localhost at which each worker has a proxy of its own to the API servers; 0: workers go to the endpoint. The layout's by default: 6443 with kubespray, else 0.",
    ),
  listeners: object(
    Object.fromEntries(LISTENER_NAMES.map((name) => [name, listener])) as Record<ListenerName, typeof listener>,
  )
    .prefault({})
    .describe("Where components listen, if not on their default ports and addresses: they are tested there."),
});

const node = object({
  // The kubelet's subject is system:node:NAME and X.509 ends a CN at 64 characters.
  name: dnsName("a DNS name in lower case of at most 52 characters", 52).describe("Name of the node in the cluster."),
  address: ip.describe("Address of the node inside the cluster; ssh uses it too unless ssh.host is given."),
  roles: z
    .array(choice(ROLES), { error: "a list of control-plane, etcd and worker" })
    .min(1, { error: "at least one of control-plane, etcd, worker" })
    .refine((roles) => new Set(roles).size === roles.length, { error: "a list with each role once" })
    .default(["worker"])
    .describe("Roles of the node; if no node has the role etcd, the control planes run it."),
  extraSans: sans.default([]).describe("Additional names and addresses in this node's serving certificates."),
  keyLocation: keyLocation
    .optional()
    .describe("Where this node's leaf keys are generated; certificates.keyLocation by default."),
  joining: flag
    .default(false)
    .describe(
      "A machine that joins the cluster after this run: it gets its files, and no service has to run there yet.",
    ),
  ssh: object({
    host: host.optional().describe("Where ssh connects to, if not the node's address."),
    port: port.optional().describe("Port of sshd; ssh.port by default."),
    user: user.optional().describe("Login; ssh.user by default."),
    hostKey: hostKey
      .optional()
      .describe("The node's public host key; required unless ssh.insecureIgnoreHostKeys is set."),
  })
    .optional()
    .describe("How to reach this node."),
});

const ssh = object({
  user: user.prefault("root").describe("Login on the nodes."),
  port: port.default(22).describe("Port of sshd on the nodes."),
  privateKey: secretPem.optional().describe("Private key for the login; a secret."),
  agent: flag.default(false).describe("Use the ssh agent of the machine that runs pulumi instead of a key."),
  bastion: object({
    host: host.describe("Address of the bastion."),
    port: port.default(22).describe("Port of its sshd."),
    user: user.prefault("root").describe("Login on the bastion."),
    hostKey: hostKey.optional().describe("Its public host key; required unless ssh.insecureIgnoreHostKeys is set."),
    privateKey: secretPem.optional().describe("Private key for the bastion; ssh.privateKey by default. A secret."),
  })
    .optional()
    .describe("A host that every ssh connection goes through."),
  sudo: flag.default(false).describe("Run commands with `sudo -n`, for a login that is not root."),
  insecureIgnoreHostKeys: flag
    .default(false)
    .describe("Accept any host key. Anyone between this machine and a node can then take over the cluster."),
}).prefault({});

const certificates = object({
  validity: validity.prefault("365d").describe("Validity of leaf certificates."),
  renewBefore: span.optional().describe("Renew when this much validity is left, or this share of it (33%)."),
  renewEvery: duration.optional().describe("Renew at this age; two thirds of the validity by default."),
  algorithm: algorithm.default("ECDSA-P256").describe("Key algorithm of leaf certificates."),
  keyLocation: keyLocation
    .default("node")
    .describe("Where leaf keys are generated and kept: on the node, or in the stack's state (encrypted)."),
  renewAt,
  profiles,
  own: ownCertificates,
}).prefault({});

const backups = object({
  keep: backupCount
    .default(5)
    .describe("How many stay on a node, the newest; beside the first, and those with a CA's key."),
  keepFor: duration.optional().describe("Those that are not as old yet stay too."),
});

const rollout = object({
  strategy: choice(STRATEGY_NAMES)
    .default(DEFAULT_STRATEGY)
    .describe(
      "rolling: one control plane after another; recover: a cluster whose certificates have ended, all control planes at once " +
        "(docs/recover.md).",
    ),
  workersAtOnce: nodesAtOnce.default("25%").describe("How many workers are updated at the same time."),
  canary: flag.default(true).describe("Update one worker alone before the others."),
  acceptEtcdDowntime: flag
    .default(false)
    .describe("Allow a rotation to restart etcd with one or two members: the API takes no writes for some seconds."),
  apiServerShutdownFlags: flag
    .default(false)
    .describe("Give kube-apiserver a shutdown delay of 3 s, so that load balancers notice before it stops."),
  window: window.describe(
    "When nodes may change. A run with something due is refused at other times, before any node is touched; strategy recover is not.",
  ),
  detectDrift: flag
    .optional()
    .describe(
      "Read every node in `pulumi preview` and `pulumi up`, tell what was changed there behind the stack's back, and bring it " +
        "back (docs/drift.md). Without it a run that has nothing to do contacts no node.",
    ),
  readers: readers.describe(
    "Other programs on the nodes that read files of the stack and must be restarted when these change.",
  ),
  backups: backups
    .optional()
    .describe("How many backups of replaced files a node keeps, and for how long (docs/restore.md)."),
}).prefault({});

/** One schema for each top-level key of the `kube-pki` configuration namespace. */
export const SECTIONS = {
  cluster: cluster.describe("The cluster."),
  nodes: z
    .array(node, { error: "a list of nodes" })
    .min(1, { error: "a list of at least one node" })
    .describe("Every node of the cluster."),
  ssh: ssh.describe("How to reach the nodes."),
  layout: choice(LAYOUT_NAMES).default("kubeadm").describe("Where files are and how components run."),
  files: files.describe(
    "Files and folders of the layout that are elsewhere in this cluster, or belong to another user: by their path in the layout.",
  ),
  services: services.describe("Services of the layout that run in another way or under another name in this cluster."),
  authority: authority.describe("Who signs, and the existing CAs of the cluster."),
  certificates: certificates.describe("Leaf certificates: validity, renewal, keys."),
  restart: choice(["auto", "always", "never"])
    .default("auto")
    .describe(
      "auto: restart services that do not reload a changed file by themselves; always: every service whose files changed; " +
        "never: none.",
    ),
  rollout: rollout.describe("How many nodes change at the same time."),
  rotation: rotation.describe("Rotation of the authorities and of the service account key."),
  adopt: adopt.describe("Take over a cluster whose CA keys the stack does not know: fingerprints of its CAs."),
  inCluster: inCluster.describe("What a rotation changes inside the cluster."),
  users: users.describe("Users who get a kubeconfig, as stack output `kubeconfigs`."),
  asOf: moment.optional().describe("Plan as of this time instead of now."),
} as const;

export type SectionName = keyof typeof SECTIONS;
export type Sections = { [K in SectionName]: z.output<(typeof SECTIONS)[K]> };
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

/** The whole as one schema, from which the editors' JSON schema is made. */
export const CONFIG_SCHEMA = z.strictObject(SECTIONS);
