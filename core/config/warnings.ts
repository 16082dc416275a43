/** What may be meant and is seldom right, told by every preview and run: one table, one sentence for each find. */
import { ONE_CA_WEAKNESS, ownCas } from "../authorities/oneCa";
import { issuerOf, isAdopted, stateOf } from "../authorities/rotation";
import { hasOwnClock, leafPolicy } from "../certificates/leafPolicy";
import { hostOf } from "../format/addresses";
import { formatDuration } from "../format/duration";
import { kubernetesMinor, unknownMinorText } from "../format/kubernetesVersion";
import { fingerprintOf, momentText, parsedCertificate } from "../format/x509";
import type { AuthorityName } from "../model/authorities";
import { isUnknownMinor } from "../model/kubernetesMinors";
import { planCluster } from "../plan";
import { fieldsOf, ownName, PROFILE_NAMES, type LeafName } from "../model/profiles";
import type { Config, NodeConfig } from "../schema/config";
import { pathText } from "./problems";

const DAY = 86_400;

type Row = (config: Config, began: Date) => readonly string[];

const when = (holds: boolean, sentence: string): readonly string[] => (holds ? [sentence] : []);

const and = (names: readonly string[]): string => names.join(" and ");

/** Those that have the same, each group of two or more. */
const alike = <T>(all: readonly T[], of: (each: T) => string | undefined): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const value = of(each);
    if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), each]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
};

const plannedForLater: Row = ({ asOf }, began) =>
  when(
    asOf.getTime() !== began.getTime(),
    `asOf: everything is planned for ${momentText(asOf)}, in this run and in each to come; remove it after use: \`pulumi config rm kube-pki:asOf\``,
  );

const anyHostKey: Row = ({ ssh }) =>
  when(
    ssh.insecureIgnoreHostKeys,
    "ssh.insecureIgnoreHostKeys: any host is taken for a node, and gets its keys; give each node's ssh.hostKey and remove it",
  );

/** A pin proves nothing where others have the same key. */
const sameHostKeys: Row = ({ nodes, ssh: { insecureIgnoreHostKeys } }) =>
  alike(insecureIgnoreHostKeys ? [] : nodes, ({ ssh }) => ssh?.hostKey).map(
    (group) =>
      `nodes: ${and(group.map(({ name }) => name))} have the same ssh.hostKey, as clones of one image do; ` +
      "create new ones on them (remove /etc/ssh/ssh_host_*, run `ssh-keygen -A`), or give each its own",
  );

const loginWithoutRoot: Row = ({ nodes, ssh }) => {
  if (ssh.sudo) return [];
  const logins = new Set(nodes.map((node) => node.ssh?.user ?? ssh.user).filter((user) => user !== "root"));
  return [...logins].map((user) => `ssh.sudo: ${user} has to be root on the nodes; set it to true, or log in as root`);
};

const workerAsEndpoint: Row = ({ cluster, nodes }) => {
  const host = hostOf(cluster.endpoint);
  const worker = nodes.find(({ address, name, roles }) => [address, name].includes(host) && !isControlPlane({ roles }));
  return worker === undefined
    ? []
    : [
        `cluster.endpoint: ${host} is ${worker.name}, which runs no API server; give a control plane's address or a load balancer's`,
      ];
};

const isControlPlane = ({ roles }: Pick<NodeConfig, "roles">): boolean => roles.includes("control-plane");

const evenMembers: Row = ({ nodes }) => {
  const members = nodes.filter(({ roles }) => roles.includes("etcd")).length;
  return when(
    members > 0 && members % 2 === 0,
    `nodes: ${String(members)} members of etcd stand the loss of no more than ${String(members - 1)} do; have one more or one less`,
  );
};

/** Every handshake carries them. */
const MANY_NAMES = 100;

const oddNames: Row = ({ cluster, nodes }) =>
  [
    { at: "cluster.extraSans", sans: cluster.extraSans },
    ...nodes.map(({ extraSans }, index) => ({ at: `nodes[${String(index)}].extraSans`, sans: extraSans })),
  ].flatMap(({ at, sans }) => [
    ...sans
      .filter((name) => /^\*\.[^.]+$/.test(name))
      .map((name) => `${at}: ${name} is every name below a top-level domain; give those that are yours`),
    ...when(
      sans.length > MANY_NAMES,
      `${at}: ${String(sans.length)} names are in each certificate and in each handshake; give a name with *. in place of many`,
    ),
  ]);

const certificateOf = (config: Config, name: AuthorityName) =>
  parsedCertificate(config.authority[name]?.certificate ?? "");

/** `svc.` is what Kubernetes puts between a namespace and the domain. */
const serviceDomain: Row = ({ cluster: { dnsDomain } }) =>
  when(
    dnsDomain.startsWith("svc."),
    `cluster.dnsDomain: services are then called NAME.NAMESPACE.svc.${dnsDomain}; did you mean ${dnsDomain.slice("svc.".length)}?`,
  );

const saidToBeOne: Row = ({ authority }) => when(authority.oneCa, ONE_CA_WEAKNESS);

const oneCaForSeveral: Row = (config) =>
  alike(ownCas(config), (name) => {
    const certificate = certificateOf(config, name);
    return certificate && fingerprintOf(certificate);
  }).map(
    (names) =>
      `authority: ${and(names)} have the same CA, so that a client of one is a client of all: a kubelet's certificate opens etcd; ` +
      "replace it by separate ones (rotation: { generation: 2 })",
  );

/** NIST SP 800-57 part 1, table 2: 80 bits of security, not to be used since 2013. */
const LEAST_RSA_BITS = 2048;

const weakCas: Row = (config) =>
  ownCas(config).flatMap((name) => {
    const { modulusLength = Infinity } = certificateOf(config, name)?.publicKey.asymmetricKeyDetails ?? {};
    return when(
      modulusLength < LEAST_RSA_BITS,
      `authority.${name}: RSA of ${String(modulusLength)} bits can be broken; replace the CA (rotation: { generation: 2 })`,
    );
  });

/** An existing cluster has all of its CAs already. */
const newBesideExisting: Row = (config) => {
  const given = ownCas(config).filter((name) => config.authority[name] !== undefined);
  const made = ownCas(config).filter(
    (name) =>
      config.authority[name] === undefined &&
      !isAdopted(config, name) &&
      config.authority.backends[name][0]?.keyIn === "state" &&
      issuerOf(stateOf(config, name)) === 1,
  );
  return when(
    given.length > 0 && made.length > 0,
    `authority: ${and(given)} ${given.length === 1 ? "is" : "are"} given and a new CA is created for ${and(made)}, which is right ` +
      `for a new cluster only; of an existing one give that CA too, as authority.${made[0] ?? ""}, or its fingerprint as adopt.${made[0] ?? ""}`,
  );
};

/** A weekly run has to find each certificate alive, and a daily one not to restart everything each time. */
const renewedOddly: Row = (config) => {
  const leaves: readonly LeafName[] = [...PROFILE_NAMES, ...Object.keys(config.certificates.own).map(ownName)];
  const sentences = leaves.flatMap((leaf) => {
    const { enabled, validitySeconds, renewEverySeconds } = leafPolicy(config, leaf);
    const at = hasOwnClock(config, leaf) ? pathText(fieldsOf(leaf)) : "certificates";
    const left = validitySeconds - renewEverySeconds;
    return [
      ...when(
        enabled && renewEverySeconds <= DAY,
        `${at}: renewed every ${formatDuration(renewEverySeconds)}, so that each daily run renews them and restarts their services`,
      ),
      ...when(
        enabled && left < Math.min(7 * DAY, validitySeconds / 10),
        `${at}: ${formatDuration(left)} are left when one is due, and no run may fail or come later than that; raise renewBefore`,
      ),
    ];
  });
  return [...new Set(sentences)];
};

const allAtOnce: Row = ({ nodes, rollout }) => {
  const workers = nodes.filter((node) => !isControlPlane(node)).length;
  return when(
    workers > 1 && !rollout.canary && rollout.workersAtOnce === "100%",
    "rollout: all workers change at once and none before the others, so that a fault is seen on all of them; set canary: true",
  );
};

/** A reader is restarted for files of the stack alone. */
const strayReads: Row = (config) => {
  const { readers } = config.rollout;
  if (readers.length === 0) return [];
  const nodes = planCluster(config, config.asOf).nodes;
  return readers.flatMap(({ name, reads, roles }, index) => {
    const paths = nodes
      .filter(({ node }) => node.roles.some((role) => roles.includes(role)))
      .flatMap(({ known }) => known.map(({ path }) => path));
    return reads
      .filter((path) => !paths.includes(path))
      .map(
        (path) =>
          `rollout.readers[${String(index)}].reads: ${path} is no file of the stack on a node of ${and(roles)}, so that no change of it restarts ${name}`,
      );
  });
};

const nothingManaged: Row = (config) =>
  when(
    PROFILE_NAMES.every((name) => !leafPolicy(config, name).enabled) &&
      Object.keys(config.certificates.own).length === 0,
    "certificates.profiles: all are disabled, so that no certificate is renewed",
  );

const newerKubernetes: Row = (config) =>
  when(isUnknownMinor(kubernetesMinor(config)), unknownMinorText(config.cluster.kubernetesVersion));

const ROWS: readonly Row[] = [
  plannedForLater,
  anyHostKey,
  sameHostKeys,
  loginWithoutRoot,
  workerAsEndpoint,
  evenMembers,
  oddNames,
  serviceDomain,
  saidToBeOne,
  oneCaForSeveral,
  weakCas,
  newBesideExisting,
  renewedOddly,
  allAtOnce,
  strayReads,
  nothingManaged,
  newerKubernetes,
];

/** @param began the present, whatever moment is planned for */
export const configWarnings = (config: Config, began: Date): readonly string[] =>
  ROWS.flatMap((row) => row(config, began));
