/**
 * A stack file for a running cluster, from surveys of its nodes. What the surveys hold is compared with the very plan that
 * `pulumi up` would carry out, so that nothing is lost which the stack file can say, and the rest is told.
 */
import { layoutOf, namedLayout, type LayoutName } from "../layouts";
import type { GivenFiles, GivenServices } from "../layouts/adjusted";
import { profileOf, type Layout } from "../layouts/layout";
import type { GivenListeners } from "../model/listeners";
import { ADMIN } from "../model/profiles";
import { planCluster, type ClusterPlan } from "../plan";
import type { Config } from "../schema/config";
import { authorityFields } from "./authority";
import { casOf, foundCas } from "./cas";
import { changeRemarks, lossRemarks } from "./changes";
import { checkedConfig, isProblems, type Raw } from "./checked";
import type { Choices } from "./choices";
import { copyRemarks } from "./copies";
import { clusterFields, type ClusterFields } from "./cluster";
import { downtimeRemarks, needsDowntime } from "./downtime";
import { frontProxyRemarks } from "./frontProxy";
import { layoutRemarks, nearestLayout } from "./layout";
import { givenListeners } from "./listeners";
import { issuedLeaves, liveLeaves, placesOf, type LiveLeaf, type Place } from "./live";
import { hasOneCa } from "./oneCa";
import { extraNames, type ExtraNames } from "./names";
import { foundNodes, nameOf, type FoundNode } from "./nodes";
import { givenFiles, givenServices } from "./places";
import { certificateFields, leafLimit, type CertificateFields } from "./policy";
import { absentProfiles } from "./presence";
import { readerFields } from "./readers";
import { NEWEST } from "./reads";
import { loginRemarks, loginSecrets } from "./login";
import { remark, type Remark } from "./remarks";
import type { Secret } from "./secrets";
import { unique } from "../format/unique";
import { canMakeKeys, nodeFields, nodeRemarks, sshFields } from "./sections";
import { unmanagedRemarks } from "./unmanaged";
import { workerProxyOf } from "./workerProxy";
import { hasService, kubeadmOf, listedNodes, listOf, type Visit } from "./visits";

export interface Stack {
  /** The values of the namespace `kube-pki`, without any secret. */
  readonly raw: Raw;
  /** Where the fields of `cluster` were found. */
  readonly cluster: ClusterFields;
  /** Keys that are to be set as secrets. */
  readonly secrets: readonly Secret[];
  readonly remarks: readonly Remark[];
  /** What a run would refuse in the stack file itself. */
  readonly problems: readonly string[];
  /** Absent where there are problems. */
  readonly planned?: { readonly config: Config; readonly cluster: ClusterPlan } | undefined;
  readonly nodes: readonly FoundNode[];
}

const adminPaths = (layout: Layout): string[] =>
  layout.files(NEWEST).flatMap((row) => (profileOf(row).includes(ADMIN) ? [row.path] : []));

/** All that is known of a cluster before anybody looks at its certificates. */
export interface FoundCluster {
  readonly layout: LayoutName;
  readonly files: GivenFiles;
  readonly services: GivenServices;
  readonly authority: { readonly oneCa: boolean };
  readonly nodes: readonly FoundNode[];
  readonly cluster: ClusterFields;
  readonly listeners: GivenListeners;
  /** Undefined: as the layout has it. */
  readonly workerProxyPort: number | undefined;
  readonly remarks: readonly Remark[];
}

export const foundCluster = (visits: readonly Visit[], choices: Pick<Choices, "unreachable">): FoundCluster => {
  const surveys = visits.map(({ survey }) => survey);
  const listed = listedNodes(visits);
  const named = surveys.map((survey) => ({ name: nameOf(survey, listed), survey }));
  const name = nearestLayout(named);
  const authority = { oneCa: hasOneCa(surveys) };
  const usual = namedLayout(name, authority);
  const given = {
    layout: name,
    files: givenFiles(named, usual),
    services: givenServices(named, usual),
    authority,
  };
  const layout = layoutOf(given);
  const nodes = foundNodes(visits, layout, choices.unreachable ?? new Map());
  const cluster = clusterFields(nodes.value, visits, adminPaths(layout));
  const listeners = givenListeners(nodes.value, layout.listeners);
  const proxy = workerProxyOf(nodes.value);
  return {
    ...given,
    nodes: nodes.value,
    cluster: cluster.value,
    listeners: listeners.value,
    workerProxyPort: proxy === layout.workerProxyPort ? undefined : proxy,
    remarks: nodes.value.length === 0 ? nodes.remarks : [...nodes.remarks, ...cluster.remarks, ...listeners.remarks],
  };
};

const clusterSection = ({ cluster, listeners, workerProxyPort }: FoundCluster, names: ExtraNames): Raw => ({
  name: cluster.name.value,
  kubernetesVersion: cluster.kubernetesVersion.value,
  endpoint: cluster.endpoint.value,
  ...(cluster.serviceCidrs && { serviceCidrs: cluster.serviceCidrs.value }),
  ...(cluster.dnsDomain && { dnsDomain: cluster.dnsDomain.value }),
  ...(names.cluster.length === 0 ? {} : { extraSans: names.cluster }),
  ...(workerProxyPort === undefined ? {} : { workerProxyPort }),
  ...(Object.keys(listeners).length === 0 ? {} : { listeners }),
});

const NO_NAMES: ExtraNames = { cluster: [], nodes: new Map() };

const sectionsOf = (found: FoundCluster, names: ExtraNames, choices: Choices): Raw => ({
  cluster: clusterSection(found, names),
  nodes: nodeFields(found.nodes, names),
  ssh: sshFields(found.nodes, choices),
  layout: found.layout,
  ...(found.authority.oneCa ? { authority: found.authority } : {}),
  ...(Object.keys(found.files).length === 0 ? {} : { files: found.files }),
  ...(Object.keys(found.services).length === 0 ? {} : { services: found.services }),
});

const planOf = (config: Config): ClusterPlan => planCluster(config, config.asOf);

const certificatesSection = (
  { validity, algorithm, profiles }: CertificateFields,
  nodes: readonly FoundNode[],
): Raw => ({
  validity,
  algorithm,
  ...(nodes.length > 0 && nodes.every((node) => !canMakeKeys(node)) ? { keyLocation: "state" } : {}),
  ...(Object.keys(profiles).length === 0 ? {} : { profiles }),
});

/** What becomes of the cluster's certificates, by a plan that has no name beside kubeadm's. */
const fromCertificates = (draft: Config, found: FoundCluster, visits: readonly Visit[], choices: Choices) => {
  const plans = planOf(draft).nodes;
  const places = placesOf(plans, found.nodes);
  const leaves = liveLeaves(places);
  const cas = foundCas(found.nodes, leaves);
  const authority = authorityFields(found.nodes, cas, found.authority.oneCa, choices);
  const known = casOf(cas);
  const absent = absentProfiles(places);
  const policy = certificateFields({
    leaves: issuedLeaves(leaves, known),
    absent: absent.value,
    cas: known,
    config: draft,
    limit: leafLimit(known, authority.value.made, choices.now),
    wishedValidity: kubeadmOf(visits)?.certificateValidity,
  });
  const isManaged = ({ profile }: LiveLeaf): boolean => !absent.value.includes(profile);
  const names = extraNames(leaves.filter(isManaged), plans, kubeadmOf(visits)?.certSans ?? []);
  const readers = readerFields(found.nodes, plans);
  return {
    cas: known,
    authority: authority.value,
    policy: policy.value,
    names,
    readers: readers.value,
    remarks: [...authority.remarks, ...absent.remarks, ...policy.remarks, ...readers.remarks],
  };
};

const complete = (found: FoundCluster, choices: Choices, parts: ReturnType<typeof fromCertificates>): Raw => {
  const { authority, policy, names, readers } = parts;
  const rollout = {
    ...(readers.length === 0 ? {} : { readers }),
    ...(needsDowntime(found.nodes, found.authority, authority.adopt) ? { acceptEtcdDowntime: true } : {}),
  };
  return {
    ...sectionsOf(found, names, choices),
    ...(Object.keys(authority.authority).length === 0 ? {} : { authority: authority.authority }),
    ...(authority.adopt && { adopt: authority.adopt }),
    certificates: certificatesSection(policy, found.nodes),
    ...(Object.keys(rollout).length === 0 ? {} : { rollout }),
  };
};

/** An etcd that is nowhere among the nodes: the stack has to know every member. */
const etcdRemarks = (nodes: readonly FoundNode[], visits: readonly Visit[]): Remark[] => {
  if (nodes.some(({ visit: { survey } }) => hasService(survey, "etcd"))) return [];
  const urls = unique(nodes.flatMap(({ visit: { survey } }) => listOf(survey, "kube-apiserver", "etcd-servers")));
  if (urls.length === 0 && kubeadmOf(visits)?.etcd !== "external") return [];
  return [
    remark(
      "refused",
      `etcd runs on none of these hosts (${urls.join(", ") || "external"}): an etcd that the stack does not reach is not supported; ` +
        "give its members to `kube-pki init` too, or add them under nodes with roles: [etcd]",
    ),
  ];
};

const NO_NODE = "nodes: none of these hosts is one that a stack can have";

export const stackOf = (visits: readonly Visit[], choices: Choices): Stack => {
  const found = foundCluster(visits, choices);
  const drafted = sectionsOf(found, NO_NAMES, choices);
  if (found.nodes.length === 0) return { ...found, raw: drafted, secrets: [], problems: [NO_NODE] };
  const login = loginSecrets(choices.login);
  const draft = checkedConfig(
    drafted,
    login.map(({ at }) => at),
    choices.now,
  );
  const own = [
    ...found.remarks,
    ...loginRemarks(choices.login),
    ...nodeRemarks(found.nodes),
    ...etcdRemarks(found.nodes, visits),
  ];
  const shared = { cluster: found.cluster, nodes: found.nodes };
  if (isProblems(draft)) return { ...shared, raw: drafted, secrets: [], remarks: own, problems: draft };
  const parts = fromCertificates(draft, found, visits, choices);
  const raw = complete(found, choices, parts);
  const secrets = [...login, ...parts.authority.secrets];
  const config = checkedConfig(
    raw,
    secrets.map(({ at }) => at),
    choices.now,
  );
  const remarks = [...own, ...parts.remarks];
  if (isProblems(config)) return { ...shared, raw, secrets, remarks, problems: config };
  const plan = planOf(config);
  const places: readonly Place[] = placesOf(plan.nodes, found.nodes);
  return {
    ...shared,
    raw,
    secrets,
    problems: [],
    planned: { config, cluster: plan },
    remarks: [
      ...remarks,
      ...layoutRemarks(plan.nodes, found.nodes, config),
      ...lossRemarks(places),
      ...unmanagedRemarks(places, parts.cas),
      ...frontProxyRemarks(places),
      ...downtimeRemarks(raw),
      ...copyRemarks(places),
      ...changeRemarks(plan, places, config, parts.cas),
    ],
  };
};
