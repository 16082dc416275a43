/** Where a cluster differs from the stack file that is there for it. */
import { withGiven, LISTENER_NAMES } from "../model/listeners";
import { AUTHORITIES } from "../model/authorities";
import { stateOf } from "../authorities/rotation";
import { formatDuration } from "../format/duration";
import { fingerprintOf, parsedCertificate } from "../format/x509";
import { LAYOUTS } from "../layouts";
import { workerProxyPort } from "../nodes/topology";
import { planCluster, type ClusterPlan } from "../plan";
import type { FoundCluster } from "./stack";
import type { Config } from "../schema/config";
import { casOf, foundCas, TITLES } from "./cas";
import { changesOf, isFromCluster, kubeconfigChanges, lossesOf, pairs } from "./changes";
import type { ClusterFields } from "./cluster";
import { layoutRemarks } from "./layout";
import { givenListeners } from "./listeners";
import { liveLeaf, liveLeaves, placesOf, type Cas, type Place } from "./live";
import { canonicalName } from "./names";
import type { FoundNode } from "./nodes";
import { lifetimeOf } from "./policy";
import { readerFields } from "./readers";
import { together } from "./remarks";
import { unique } from "../format/unique";
import { hasService } from "./visits";
import { workerProxyOf } from "./workerProxy";

const differs = (at: string, stack: string, cluster: string): string[] =>
  stack === cluster ? [] : [`${at}: ${stack} in the stack file, ${cluster} in the cluster`];

/** What the stack calls the cluster nobody else has to. */
const clusterDifferences = (config: Config, found: ClusterFields, nodes: readonly FoundNode[]): string[] => {
  const { cluster, layout } = config;
  const usual = LAYOUTS[layout].listeners;
  const [stack, live] = [withGiven(usual, cluster.listeners), withGiven(usual, givenListeners(nodes, usual).value)];
  return [
    ...differs("cluster.kubernetesVersion", cluster.kubernetesVersion, found.kubernetesVersion.value),
    ...differs("cluster.endpoint", cluster.endpoint, found.endpoint.value),
    ...(found.serviceCidrs === undefined
      ? []
      : differs("cluster.serviceCidrs", cluster.serviceCidrs.join(", "), found.serviceCidrs.value.join(", "))),
    ...(found.dnsDomain === undefined ? [] : differs("cluster.dnsDomain", cluster.dnsDomain, found.dnsDomain.value)),
    ...differs(
      "cluster.workerProxyPort",
      String(workerProxyPort(config)),
      String(workerProxyOf(nodes) ?? workerProxyPort(config)),
    ),
    ...LISTENER_NAMES.flatMap((name) =>
      differs(
        `cluster.listeners.${name}`,
        `port ${String(stack[name].port)} (${stack[name].on})`,
        `port ${String(live[name].port)} (${live[name].on})`,
      ),
    ),
  ];
};

const rolesText = (roles: readonly string[]): string => [...roles].sort().join(", ");

/** With etcd where it runs, which a stack file need not say of control planes. */
const liveRoles = ({ roles, visit: { survey } }: FoundNode): string[] =>
  unique([...roles, ...(hasService(survey, "etcd") ? ["etcd"] : [])]);

const nodeDifferences = (config: Config, nodes: readonly FoundNode[]): string[] => {
  const known = new Map(config.nodes.map((node) => [node.name, node]));
  return [
    ...nodes.flatMap((found) => {
      const { name, address } = found;
      const node = known.get(name);
      if (node === undefined) return [`nodes: ${name} (${address}) is not in the stack file`];
      return [
        ...differs(`nodes: address of ${name}`, node.address, address),
        ...differs(`nodes: roles of ${name}`, rolesText(node.roles), rolesText(liveRoles(found))),
      ];
    }),
    ...config.nodes
      .filter(({ name, joining }) => !joining && !nodes.some((node) => node.name === name))
      .map(({ name, address }) => `nodes: ${name} (${address}) is in the stack file, and nobody has read it`),
  ];
};

const leafDifferences = (places: readonly Place[], cas: Cas): string[] => {
  const said = pairs(places).flatMap(({ leaf, live }) => {
    const { certificate, node } = live;
    const has = certificate.sans.map(canonicalName);
    const lost = lossesOf(certificate, leaf);
    const isOurs = isFromCluster(certificate, leaf, cas);
    const gained = isOurs ? leaf.sans.filter((san) => !has.includes(san)) : [];
    const lifetime = lifetimeOf(live, cas[leaf.authority]);
    const texts = [
      ...changesOf(certificate, leaf, cas),
      ...(lost.length === 0 ? [] : [`${leaf.profile}: has ${lost.join(", ")}, which the stack file does not ask for`]),
      ...(gained.length === 0 ? [] : [`${leaf.profile}: lacks ${gained.join(", ")}, which the stack file asks for`]),
      ...(isOurs && lifetime !== leaf.validitySeconds
        ? [
            `${leaf.profile}: valid for ${formatDuration(lifetime)}, ${formatDuration(leaf.validitySeconds)} in the stack file`,
          ]
        : []),
    ];
    return texts.map((text) => ({ node, text }));
  });
  const absent = places.flatMap((place) =>
    place.plan.leaves.flatMap(({ profile }) =>
      liveLeaf(place, profile) === undefined ? [{ node: place.plan.node.name, text: `${profile}: not there` }] : [],
    ),
  );
  return together("changed", [...said, ...absent]).map(({ text }) => text);
};

/** A CA that the stack was given; of one that it has made the stack file says nothing. */
const caDifferences = (config: Config, cas: Cas): string[] =>
  AUTHORITIES.flatMap((name) => {
    const given = parsedCertificate(config.authority[name]?.certificate ?? "");
    const live = cas[name];
    if (given === undefined || live === undefined || stateOf(config, name).generation > 1) return [];
    const isSame = fingerprintOf(given) === live.fingerprint;
    return isSame ? [] : [`authority.${name}: ${TITLES[name]} (${live.subject}) is another one than the stack file's`];
  });

const readerDifferences = (config: Config, nodes: readonly FoundNode[], plan: ClusterPlan): string[] =>
  readerFields(nodes, plan.nodes)
    .value.filter(({ name }) => !config.rollout.readers.some((reader) => reader.name === name))
    .map(({ name, reads }) => `rollout.readers: ${name} reads ${reads.join(", ")} and is not listed`);

/** One sentence each; none: the stack file says what there is. */
export const differencesOf = (config: Config, found: FoundCluster): string[] => {
  const plan = planCluster(config, config.asOf);
  const places = placesOf(plan.nodes, found.nodes);
  const cas = casOf(foundCas(found.nodes, liveLeaves(places)));
  return [
    ...differs("layout", config.layout, found.layout),
    ...layoutRemarks(plan.nodes, found.nodes, config).flatMap(({ kind, text }) => (kind === "refused" ? [text] : [])),
    ...clusterDifferences(config, found.cluster, found.nodes),
    ...nodeDifferences(config, found.nodes),
    ...caDifferences(config, cas),
    ...leafDifferences(places, cas),
    ...kubeconfigChanges(places, config).map(({ text }) => text),
    ...readerDifferences(config, found.nodes, plan),
  ];
};
