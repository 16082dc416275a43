/** Which nodes there are: what each is called in the cluster, its address, what it runs. */
import { canonicalIp, isIp } from "../format/addresses";
import { isDnsName } from "../format/dnsNames";
import type { Layout } from "../layouts/layout";
import type { ConsumerName } from "../model/reload";
import type { Role } from "../model/roles";
import type { ClusterFacts, Survey } from "../survey/model";
import { distributionRemark } from "./distributions";
import { NEWEST, rowsOn } from "./reads";
import { remark, type Found, type Remark } from "./remarks";
import { unique } from "../format/unique";
import {
  commonNameOf,
  fileAt,
  hasService,
  isLoopback,
  isWildcard,
  kubeconfigAt,
  listedNodes,
  listOf,
  optionOf,
  urlParts,
  type Visit,
} from "./visits";

export interface FoundNode {
  readonly name: string;
  readonly address: string;
  /** Of the other family, by which the cluster knows it too (dual stack). */
  readonly otherAddresses: readonly string[];
  readonly roles: readonly Role[];
  readonly visit: Visit;
}

type Listed = ClusterFacts["nodes"];

const NODE_USER = "system:node:";

/** As the kubelet calls itself: by the client certificate that it has. */
export const kubeletNames = ({ files, kubeconfigs }: Survey): string[] => {
  const certificates = [
    ...files.flatMap((file) => file.certificates),
    ...kubeconfigs.flatMap(({ users }) => users.flatMap((user) => user.certificates)),
  ];
  return unique(
    certificates
      .filter(({ isCa }) => !isCa)
      .map(commonNameOf)
      .flatMap((name) => (name.startsWith(NODE_USER) ? [name.slice(NODE_USER.length)] : [])),
  );
};

const sharesAddress = (survey: Survey, addresses: readonly string[]): boolean =>
  addresses.some((each) => isIp(each) && survey.host.addresses.includes(each));

export const listedAs = (survey: Survey, listed: Listed): Listed[number] | undefined => {
  const names = hasService(survey, "kubelet") ? kubeletNames(survey) : [];
  return (
    listed.find(({ name }) => names.includes(name)) ??
    listed.find(({ addresses }) => sharesAddress(survey, addresses)) ??
    listed.find(({ name }) => name === survey.host.hostname)
  );
};

export const nameOf = (survey: Survey, listed: Listed): string => {
  const own = hasService(survey, "kubelet") ? kubeletNames(survey)[0] : undefined;
  return (
    listedAs(survey, listed)?.name ??
    own ??
    optionOf(survey, "kubelet", "hostname-override") ??
    optionOf(survey, "etcd", "name") ??
    survey.host.hostname
  ).toLowerCase();
};

/** Of the URLs that etcd is given, the addresses of the node itself. */
const etcdAddresses = (survey: Survey): string[] =>
  ["listen-client-urls", "advertise-client-urls", "listen-peer-urls"].flatMap((option) =>
    listOf(survey, "etcd", option).flatMap((url) => {
      const host = urlParts(url)?.host;
      return host === undefined || isLoopback(host) || isWildcard(host) ? [] : [host];
    }),
  );

/** etcd listens at one address and the API server names one, so these come before what the cluster lists. */
const addressOf = (visit: Visit, listed: Listed): string | undefined => {
  const { survey, ssh } = visit;
  const inCluster = listedAs(survey, listed)?.addresses ?? [];
  return [
    ...etcdAddresses(survey),
    optionOf(survey, "kube-apiserver", "advertise-address"),
    ...inCluster,
    ...listOf(survey, "kubelet", "node-ip"),
    ssh?.host,
    ...survey.host.addresses,
  ]
    .flatMap((each) => canonicalIp(each ?? "") ?? [])
    .find((each) => !isLoopback(each) && !isWildcard(each));
};

/** A kubelet that is told of two addresses registers both; clients may take either. */
const otherAddresses = ({ survey }: Visit, listed: Listed, address: string): string[] => {
  const isV6 = (each: string): boolean => each.includes(":");
  const own = [...(listedAs(survey, listed)?.addresses ?? []), ...listOf(survey, "kubelet", "node-ip")];
  return unique(own.flatMap((each) => canonicalIp(each) ?? [])).filter(
    (each) => isV6(each) !== isV6(address) && survey.host.addresses.includes(each),
  );
};

const SERVICES: readonly ConsumerName[] = ["etcd", "kube-apiserver", "kubelet"];

/** Without a kubeconfig it only runs static pods, as kubeadm's members of an external etcd have it. */
const isNode = (survey: Survey): boolean =>
  hasService(survey, "kubelet") && optionOf(survey, "kubelet", "kubeconfig") !== undefined;

/** A layout has kubelets on every node, or on nodes of some roles: a kubelet anywhere else makes a worker of its node. */
const rolesOf = (survey: Survey, layout: Layout): Role[] => {
  const withKubelet = layout.consumers.flatMap(({ name, on }) => (name === "kubelet" ? [on].flat() : []));
  const own: Role[] = [
    ...(hasService(survey, "kube-apiserver") ? (["control-plane"] as const) : []),
    ...(hasService(survey, "etcd") ? (["etcd"] as const) : []),
  ];
  const isExpected = own.some((role) => withKubelet.includes(role) || withKubelet.includes("any"));
  return isNode(survey) && !isExpected ? [...own, "worker"] : own;
};

/** Where a layout has it so, control planes are taken to run etcd unless a node says that it does. */
const withoutStackedEtcd = (nodes: readonly FoundNode[], { stacksEtcd }: Layout): FoundNode[] => {
  const has = ({ roles }: FoundNode, role: Role): boolean => roles.includes(role);
  if (!stacksEtcd || !nodes.every((node) => has(node, "etcd") === has(node, "control-plane"))) return [...nodes];
  return nodes.map((node) => ({ ...node, roles: node.roles.filter((role) => role !== "etcd") }));
};

/** Where `kubeadm init` ran, or its like: the first control plane gets the files that only one has. */
const isFirst = ({ name, visit: { survey } }: FoundNode, layout: Layout): boolean =>
  rowsOn(layout, NEWEST, name).some(
    ({ on, path }) =>
      on === "first-control-plane" &&
      (fileAt(survey, path)?.state === "file" || kubeconfigAt(survey, path) !== undefined),
  );

const inOrder = (nodes: readonly FoundNode[], layout: Layout): FoundNode[] => {
  const rank = (node: FoundNode): number =>
    node.roles.includes("control-plane") ? (isFirst(node, layout) ? 0 : 1) : node.roles.includes("etcd") ? 2 : 3;
  return [...nodes].sort(
    (a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en", { numeric: true, sensitivity: "base" }),
  );
};

const entryOf = (visit: Visit, listed: Listed, layout: Layout): FoundNode | Remark => {
  const { survey } = visit;
  const name = nameOf(survey, listed);
  const distribution = distributionRemark(name, survey);
  if (distribution !== undefined) return distribution;
  const address = addressOf(visit, listed);
  if (!SERVICES.some((each) => hasService(survey, each)) && listedAs(survey, listed) === undefined)
    return remark("unfound", `${name}: it runs neither ${SERVICES.join(" nor ")}, so it is not in the stack file`);
  if (address === undefined) return remark("missing", `${name}: no address of it, so it is not in the stack file`);
  const roles = rolesOf(survey, layout);
  const isControlPlane = listedAs(survey, listed)?.controlPlane === true;
  const node = { name, address, otherAddresses: otherAddresses(visit, listed, address), visit };
  return { ...node, roles: roles.length > 0 ? roles : [isControlPlane ? "control-plane" : "worker"] };
};

/** A node that the kubelet registered under a name that no stack file takes. */
const nameRemarks = (nodes: readonly FoundNode[]): Remark[] =>
  nodes.flatMap(({ name }) =>
    isDnsName(name) ? [] : [remark("refused", `${name}: no DNS name in lower case, which a node's name must be`)],
  );

/** What nobody has looked at: a node of the cluster's own list. */
const unvisited = (nodes: readonly FoundNode[], listed: Listed, unreachable: ReadonlyMap<string, string>): Remark[] =>
  listed
    .filter(({ name }) => !nodes.some((each) => each.name === name))
    .map(({ name, addresses }) => {
      const reason = addresses.flatMap((each) => unreachable.get(each) ?? [])[0] ?? unreachable.get(name);
      return remark(
        "missing",
        `${name} (${addresses.join(", ")}): ${reason ?? "not read"}; it is not in the stack file, which then neither renews ` +
          "its certificates nor lets a rotation end: give the host to `kube-pki init` too, or add it under nodes",
      );
    });

/** @param unreachable hosts that could not be read, by host, with the reason */
export const foundNodes = (
  visits: readonly Visit[],
  layout: Layout,
  unreachable: ReadonlyMap<string, string>,
): Found<readonly FoundNode[]> => {
  const listed = listedNodes(visits);
  const all = visits.map((visit) => entryOf(visit, listed, layout));
  const found = all.flatMap((each) => ("visit" in each ? [each] : []));
  const nodes = found.filter(({ name }, index) => found.findIndex((each) => each.name === name) === index);
  const twice = unique(found.filter((each) => !nodes.includes(each)).map(({ name }) => name));
  return {
    value: inOrder(withoutStackedEtcd(nodes, layout), layout),
    remarks: [
      ...all.flatMap((each) => ("visit" in each ? [] : [each])),
      ...twice.map((name) => remark("unfound", `${name}: several hosts are called so, the first one counts`)),
      ...nameRemarks(nodes),
      ...unvisited(nodes, listed, unreachable),
    ],
  };
};
