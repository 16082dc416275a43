/**
 * The shape of a stack's configuration, one strict object per concern. Texts become what the planner uses: canonical
 * addresses, seconds, lists. What concerns several fields at once is in checks.ts; messages are made in problems.ts.
 *
 * Every `error` here is the second half of a message, "what is allowed".
 */
import { z } from "zod";
import { DURATION_ALLOWED, parseDuration } from "../duration";
import { isDnsLabel, isDnsName } from "../names";
import { PROFILE_NAMES } from "../profileNames";
import { PHASES } from "../phases";
import { canonicalEndpoint, canonicalIp, canonicalSan, cidrText, parseCidr } from "./address";
import { canonicalHostKey, canonicalPem, canonicalVersion } from "./formats";

/** A text that is read by a function; `read` returns undefined for what is not allowed. */
const text = <T>(allowed: string, read: (given: string) => T | undefined) =>
  z.string({ error: allowed }).transform((given, context): T => {
    const value = read(given);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });

const matching = (allowed: string, test: (given: string) => boolean) =>
  text(allowed, (given) => (test(given) ? given : undefined));

const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.join(", ")}` });

const flag = z.boolean({ error: "true or false, without quotes" });
const object = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape);

const PORT_ALLOWED = "a port number from 1 to 65535";
const port = z.int({ error: PORT_ALLOWED }).min(1, { error: PORT_ALLOWED }).max(65_535, { error: PORT_ALLOWED });

const ip = text("an IPv4 or IPv6 address without a prefix or zone", canonicalIp);
const host = text("a DNS name or an IP address", (given) => {
  const name = canonicalSan(given);
  return name?.startsWith("*") === true ? undefined : name;
});
const sans = z.array(text('a DNS name (may begin with "*.") or an IP address', canonicalSan), {
  error: "a list of DNS names and IP addresses",
});
const user = matching("a login name of lower-case letters, digits, _ and -", (given) =>
  /^[a-z_][a-z0-9_-]{0,31}$/.test(given),
);
const hostKey = text(
  'a public host key as `ssh-keyscan` prints it without the host, such as "ssh-ed25519 AAAA..."',
  canonicalHostKey,
);
const duration = text(DURATION_ALLOWED, parseDuration);
// The certificate resources count validity in hours.
const validity = text('a whole number of hours or days, such as "720h" or "30d"', (given) => {
  const seconds = parseDuration(given);
  return seconds !== undefined && seconds % 3600 === 0 ? seconds : undefined;
});
const CIDR_ALLOWED = 'a network such as "10.96.0.0/12" or "fd00:1::/108", no bits set after the prefix';
const cidr = text(CIDR_ALLOWED, (given) => {
  const network = parseCidr(given);
  const address = canonicalIp(given.split("/")[0] ?? "");
  if (network === undefined || address === undefined) return undefined;
  const canonical = cidrText(network);
  return canonical.startsWith(`${address}/`) ? canonical : undefined;
});

/** Pulumi hands an unquoted YAML timestamp over in Go's way of writing it: `2026-12-31 00:00:00 +0000 UTC`. */
const moment = (given: string): Date | undefined => {
  const iso = given.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) \+0000 UTC$/, "$1T$2Z");
  return z.iso.datetime({ offset: true }).safeParse(iso).success ? new Date(iso) : undefined;
};

/** What is in a PEM is checked in givenCa.ts. The mark keeps a key from being echoed or written plain. */
const secretPem = text("a private key in PEM", (given) => canonicalPem(given, "PRIVATE KEY")).meta({ secret: true });
const certificatePem = text("a certificate in PEM", (given) => canonicalPem(given, "CERTIFICATE"));

export const ALGORITHMS = ["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] as const;
const algorithm = choice(ALGORITHMS);
const custody = choice(["node", "state"]);

const cluster = object({
  name: matching("a DNS label: at most 63 of a-z, 0-9 and -", isDnsLabel).describe(
    "Name of the cluster; part of generated CA subjects and of every kubeconfig.",
  ),
  kubernetesVersion: text('"1.30.0" to "1.36.x" with its patch number, in quotes', canonicalVersion).describe(
    "Version the cluster runs.",
  ),
  endpoint: text('"host:port", without https://', (given) => canonicalEndpoint(given, 6443)).describe(
    "Where clients and nodes reach the API; the port is 6443 when left out.",
  ),
  serviceCidrs: z
    .union([z.string(), z.array(z.string())], { error: "one network, or a list of two (IPv4 and IPv6)" })
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
  dnsDomain: matching("a DNS name in lower case", isDnsName)
    .prefault("cluster.local")
    .describe("DNS domain of the cluster's services."),
  extraSans: sans.default([]).describe("Further names and addresses in every API server certificate."),
});

const node = object({
  // The kubelet's subject is system:node:NAME and X.509 ends a CN at 64 characters.
  name: matching(
    "a DNS name in lower case of at most 52 characters",
    (given) => isDnsName(given) && given.length <= 52,
  ).describe("Name of the node in the cluster."),
  address: ip.describe("Address of the node inside the cluster; ssh goes there too unless ssh.host is given."),
  roles: z
    .array(choice(["control-plane", "etcd", "worker"]), { error: "a list of control-plane, etcd and worker" })
    .min(1, { error: "at least one of control-plane, etcd, worker" })
    .refine((roles) => new Set(roles).size === roles.length, { error: "each role once" })
    .default(["worker"])
    .describe("What runs there; when no node has the role etcd, the control planes do."),
  extraSans: sans.default([]).describe("Further names and addresses in this node's serving certificates."),
  custody: custody.optional().describe("Where this node's leaf keys are made; certificates.custody by default."),
  ssh: object({
    host: host.optional().describe("Where ssh connects to when that is not the node's address."),
    port: port.optional().describe("Port of sshd; ssh.port by default."),
    user: user.optional().describe("Login; ssh.user by default."),
    hostKey: hostKey.optional().describe("The node's public host key."),
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
    hostKey: hostKey.optional().describe("The bastion's public host key."),
    privateKey: secretPem.optional().describe("Private key for the bastion; ssh.privateKey by default. A secret."),
  })
    .optional()
    .describe("A host that every ssh connection goes through."),
  sudo: flag.default(false).describe("Run commands with `sudo -n`, for a login that is not root."),
  insecureIgnoreHostKeys: flag
    .default(false)
    .describe("Accept any host key. Anyone between this machine and a node can then take over the cluster."),
}).prefault({});

const givenCa = object({
  certificate: certificatePem.optional().describe("The CA's certificate."),
  key: secretPem.optional().describe("The CA's private key; a secret."),
})
  .optional()
  .describe("A CA that the cluster has already.");

const authority = object({
  kind: choice(["embedded"]).default("embedded").describe("Who signs."),
  algorithm: algorithm.default("ECDSA-P256").describe("Key algorithm of generated CAs."),
  validity: validity.prefault("3650d").describe("Validity of generated CAs."),
  kubernetes: givenCa,
  etcd: givenCa,
  frontProxy: givenCa,
  serviceAccount: object({ key: secretPem.describe("The key; a secret.") })
    .optional()
    .describe("The key that signs service account tokens, when the cluster has one already."),
}).prefault({});

const profile = object({
  enabled: flag.default(true).describe("false: this certificate is left to others."),
  validity: validity.optional().describe("Validity of this certificate."),
  renewBefore: duration.optional().describe("Renew when this much is left."),
  renewEvery: duration.optional().describe("Renew when it is this old."),
  algorithm: algorithm.optional().describe("Key algorithm of this certificate."),
  organizations: z
    .array(
      matching("letters, digits, :, ., _ and -, at most 64", (given) => /^[A-Za-z0-9:._-]{1,64}$/.test(given)),
      { error: "a list of organizations" },
    )
    .optional()
    .describe("Organizations (groups) in its subject, where an older cluster has others than kubeadm gives today."),
}).optional();

type Profiles = Record<(typeof PROFILE_NAMES)[number], typeof profile>;
const profileShape = Object.fromEntries(PROFILE_NAMES.map((name) => [name, profile])) as Profiles;

const certificates = object({
  validity: validity.prefault("365d").describe("Validity of leaf certificates."),
  renewBefore: duration.optional().describe("Renew when this much is left."),
  renewEvery: duration.optional().describe("Renew when this old; two thirds of the validity by default."),
  algorithm: algorithm.default("ECDSA-P256").describe("Key algorithm of leaf certificates."),
  custody: custody
    .default("node")
    .describe("Where leaf keys are made: on the node they stay on, or in the stack's state (encrypted)."),
  profiles: object(profileShape).prefault({}).describe("What differs for single certificates."),
}).prefault({});

const WORKERS_ALLOWED = 'a number of nodes from 1, or a share from "1%" to "100%"';

const rollout = object({
  workersAtOnce: z
    .union(
      [z.int().min(1, { error: WORKERS_ALLOWED }), z.string().regex(/^(?:[1-9]\d?|100)%$/, { error: WORKERS_ALLOWED })],
      { error: WORKERS_ALLOWED },
    )
    .default("25%")
    .describe("How many workers take a step at the same time."),
  canary: flag.default(true).describe("One worker alone before the others."),
  acceptEtcdDowntime: flag
    .default(false)
    .describe("A rotation may restart the only etcd member: the API does not answer for some seconds."),
  apiServerShutdownFlags: flag
    .default(false)
    .describe("Give kube-apiserver a shutdown delay of 3 s, so that balancers see it go before it is gone."),
}).prefault({});

const GENERATION_ALLOWED = "a whole number from 1";
const generation = z.int({ error: GENERATION_ALLOWED }).min(1, { error: GENERATION_ALLOWED });
const phase = choice(PHASES);
const rotationOf = (what: string) =>
  object({
    generation: generation.optional().describe("Generation of this one; rotation.generation by default."),
    phase: phase.optional().describe("Phase to stop at; rotation.phase by default."),
  })
    .optional()
    .describe(`What differs for ${what}.`);

const rotation = object({
  generation: generation.default(1).describe("Generation to rotate to; one more than now."),
  phase: phase.default("done").describe("Phase to stop at: trust, issue or done."),
  kubernetes: rotationOf("the kubernetes authority"),
  etcd: rotationOf("the etcd authority"),
  frontProxy: rotationOf("the front proxy authority"),
  serviceAccount: rotationOf("the key that signs service account tokens"),
  rotateEvery: duration.optional().describe("Raise the generation by one each time this has passed since `since`."),
  since: text('a moment such as "2026-12-31T00:00:00Z"', moment)
    .optional()
    .describe("When `generation` was current; goes with rotateEvery."),
  force: z
    .array(choice(["scan", "tokens"]), { error: "a list of scan and tokens" })
    .default([])
    .describe("Gates before `done` that are given up: what they find is told, and then cut off."),
}).optional();

const fingerprint = text(
  "a sha256 fingerprint as `openssl x509 -noout -fingerprint -sha256 -in FILE` shows it: 64 hexadecimal digits",
  (given) => {
    const hex = given.replaceAll(":", "").toLowerCase();
    return /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
  },
);

const adopt = object({
  kubernetes: fingerprint.optional().describe("Fingerprint of the cluster's CA."),
  etcd: fingerprint.optional().describe("Fingerprint of etcd's CA."),
  frontProxy: fingerprint.optional().describe("Fingerprint of the front proxy's CA."),
  serviceAccount: flag.default(false).describe("Take over the key that signs service account tokens as well."),
}).optional();

const workload = object({
  kind: choice(["DaemonSet", "Deployment", "StatefulSet"]).describe("Kind of the workload."),
  namespace: matching("a DNS label", isDnsLabel).describe("Its namespace."),
  name: matching("a DNS name in lower case", isDnsName).describe("Its name."),
});
const workloads = (what: string) => z.array(workload, { error: `a list of ${what}` });

const inCluster = object({
  enabled: flag.default(true).describe("Change what in the cluster trusts the CAs; the endpoint must be reachable."),
  restart: z
    .union([z.literal("all"), workloads("workloads")], { error: '"all", or a list of workloads' })
    .default([])
    .describe("Workloads rolled once both CAs are trusted, in this order."),
  reload: workloads("workloads").default([]).describe("Workloads that take a new CA by themselves."),
  caBundles: z
    .array(
      object({
        kind: choice([
          "ValidatingWebhookConfiguration",
          "MutatingWebhookConfiguration",
          "APIService",
          "CustomResourceDefinition",
        ]).describe("Kind of the object."),
        name: matching("a DNS name in lower case", isDnsName).describe("Its name."),
      }),
      { error: "a list of objects with kind and name" },
    )
    .default([])
    .describe("Objects whose caBundle is one of the cluster's CAs and is to follow it."),
}).prefault({});

/** One schema for each top-level key of the `kube-pki` configuration namespace. */
export const SECTIONS = {
  cluster: cluster.describe("The cluster as it is."),
  nodes: z
    .array(node, { error: "a list of nodes" })
    .min(1, { error: "at least one node" })
    .describe("Every node of the cluster."),
  ssh: ssh.describe("How nodes are reached."),
  layout: choice(["kubeadm", "hardway"]).default("kubeadm").describe("Where files lie and how components run."),
  authority: authority.describe("Who signs, and the CAs the cluster has already."),
  certificates: certificates.describe("Leaf certificates: validity, renewal, keys."),
  restart: choice(["auto", "always", "never"])
    .default("auto")
    .describe("auto: restart only what does not reload by itself."),
  rollout: rollout.describe("Order and pace."),
  rotation: rotation.describe("Rotation of the authorities and of the service account key."),
  adopt: adopt.describe("Take over a cluster whose CA keys the stack does not know: fingerprints of its CAs."),
  inCluster: inCluster.describe("What is done inside the cluster while authorities are rotated."),
  asOf: text('a moment such as "2026-12-31T00:00:00Z"', moment)
    .optional()
    .describe("Plan as of this moment instead of now."),
} as const;

export type SectionName = keyof typeof SECTIONS;
export type Sections = { [K in SectionName]: z.output<(typeof SECTIONS)[K]> };
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

/** The whole as one schema, from which the editors' JSON schema is made. */
export const CONFIG_SCHEMA = z.strictObject(SECTIONS);
