/**
 * The certificate inventory: every leaf certificate of a cluster, one row each; the user's own say theirs in the stack file. Subjects, usages and names are kubeadm's
 * (kubernetes/kubernetes cmd/kubeadm/app/phases/certs/certlist.go, util/pkiutil/pki_helpers.go, phases/kubeconfig).
 * Which nodes hold a leaf, and where its files are, is in the layout (core/layouts/).
 */
import { caOf } from "../authorities/oneCa";
import { unique } from "../format/unique";
import { LAYOUTS } from "../layouts";
import { named, type LeafForm } from "../layouts/layout";
import { workerProxyPort } from "../nodes/topology";
import { hostOf, ipText, parseCidr, sanOf, type San } from "../format/addresses";
import { kubernetesMinor } from "../format/kubernetesVersion";
import type { AuthorityName } from "../model/authorities";
import { ROLES } from "../model/roles";
import { isProfile, ownName, ownNameOf, PROFILE_NAMES, type LeafName, type ProfileName } from "../model/profiles";
import type { Config, NodeConfig, OwnConfig } from "../schema/config";
import { NODE_ADDRESS } from "../schema/own";

export interface Profile {
  readonly authority: AuthorityName;
  readonly commonName: (node: NodeConfig) => string;
  readonly organizations: (config: Config) => readonly string[];
  readonly usages: readonly ("server" | "client")[];
  readonly sans: (node: NodeConfig, config: Config) => readonly San[];
}

const none = (): readonly never[] => [];
const always =
  <T>(value: T) =>
  () =>
    value;
const oneOf = (organization: string) => () => [organization];

/** The first address of a network: what the `kubernetes` service gets (kubeadm's GetAPIServerVirtualIP). */
const firstAddress = (cidr: string): string[] => {
  const network = parseCidr(cidr);
  return network === undefined ? [] : [ipText(network.base + 1n, network.bits)];
};

/** kubeadm's GetAPIServerAltNames. */
const apiServerSans = (node: NodeConfig, { cluster, layout }: Config): San[] =>
  unique(
    [
      node.name,
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      `kubernetes.default.svc.${cluster.dnsDomain}`,
      // dual stack: one address per service CIDR, as the API server itself takes them
      ...cluster.serviceCidrs.flatMap(firstAddress),
      node.address,
      hostOf(cluster.endpoint),
      ...(workerProxyPort({ cluster, layout }) === 0 ? [] : ["localhost", "127.0.0.1", "::1"]),
      ...cluster.extraSans,
      ...node.extraSans,
    ].map(sanOf),
  );

/** kubeadm's getAltNames for etcd-server and etcd-peer. */
const etcdSans = (node: NodeConfig): San[] =>
  unique([node.name, "localhost", node.address, "127.0.0.1", "::1", ...node.extraSans].map(sanOf));

/** Of a certificate that has the names of every member. */
const memberSans = (node: NodeConfig, { nodes, cluster }: Config, serviceNames: readonly string[]): San[] => {
  const members = nodes.filter(({ roles }) => roles.includes("etcd"));
  return unique(
    [
      "localhost",
      ...members.map(({ name }) => name),
      ...serviceNames.flatMap((name) => (name.endsWith(".svc") ? [name, `${name}.${cluster.dnsDomain}`] : [name])),
      ...members.map(({ address }) => address),
      "127.0.0.1",
      "::1",
      ...node.extraSans,
    ].map(sanOf),
  );
};

const kubeletSans = (node: NodeConfig): San[] => unique([node.name, node.address, ...node.extraSans].map(sanOf));

/**
 * Up to 1.35 kubeadm put the API server's kubelet client into a group that may do everything; 1.36 binds the user name
 * to system:kubelet-api-admin instead, in a ClusterRoleBinding that older clusters do not have.
 */
const kubeletClientGroups = ({ cluster, layout }: Config): readonly string[] =>
  !LAYOUTS[layout].hasKubeadmBindings
    ? ["system:masters"]
    : kubernetesMinor({ cluster }) >= 36
      ? []
      : ["kubeadm:cluster-admins"];

const client = (
  authority: AuthorityName,
  commonName: Profile["commonName"],
  organizations: Profile["organizations"] = none,
): Profile => ({ authority, commonName, organizations, usages: ["client"], sans: none });

const formed = (row: Profile, { commonName, usages, serviceNames }: LeafForm): Profile => ({
  ...row,
  commonName: ({ name }) => named(commonName, name.replace(/\..*$/, "")),
  usages,
  sans: (node, config) => memberSans(node, config, serviceNames),
});

/** As kubeadm has them. */
export const INVENTORY: Readonly<Record<ProfileName, Profile>> = {
  apiserver: {
    authority: "kubernetes",
    commonName: always("kube-apiserver"),
    organizations: none,
    usages: ["server"],
    sans: apiServerSans,
  },
  "apiserver-kubelet-client": client("kubernetes", always("kube-apiserver-kubelet-client"), kubeletClientGroups),
  "apiserver-etcd-client": client("etcd", always("kube-apiserver-etcd-client")),
  "front-proxy-client": client("frontProxy", always("front-proxy-client")),
  "etcd-server": {
    authority: "etcd",
    commonName: (node) => node.name,
    organizations: none,
    // etcd dials itself with its server certificate (etcd-io/etcd#9785)
    usages: ["server", "client"],
    sans: etcdSans,
  },
  "etcd-peer": {
    authority: "etcd",
    commonName: (node) => node.name,
    organizations: none,
    usages: ["server", "client"],
    sans: etcdSans,
  },
  "etcd-healthcheck-client": client("etcd", always("kube-etcd-healthcheck-client")),
  // etcdadm certs/certs.go; without its group system:masters, which etcd does not look at
  "etcdctl-etcd-client": client("etcd", (node) => `${node.name}-etcdctl`),
  admin: client("kubernetes", always("kubernetes-admin"), ({ layout }) => [
    LAYOUTS[layout].hasKubeadmBindings ? "kubeadm:cluster-admins" : "system:masters",
  ]),
  "super-admin": client("kubernetes", always("kubernetes-super-admin"), oneOf("system:masters")),
  "controller-manager": client("kubernetes", always("system:kube-controller-manager")),
  scheduler: client("kubernetes", always("system:kube-scheduler")),
  kubelet: client("kubernetes", (node) => `system:node:${node.name}`, oneOf("system:nodes")),
  "kubelet-server": {
    authority: "kubernetes",
    commonName: (node) => `system:node:${node.name}`,
    organizations: oneOf("system:nodes"),
    usages: ["server"],
    sans: kubeletSans,
  },
  "kube-proxy": client("kubernetes", always("system:kube-proxy"), oneOf("system:node-proxier")),
};

const ownProfile = (
  name: string,
  { authority, commonName = name, organizations, usages, sans }: OwnConfig,
): Profile => ({
  authority,
  commonName: ({ name: nodeName }) => named(commonName, nodeName),
  organizations: always(organizations),
  usages: (["server", "client"] as const).filter((usage) => usages.includes(usage)),
  sans: (node) => unique(sans.map((san) => sanOf(san === NODE_ADDRESS ? node.address : named(san, node.name)))),
});

/** As it is in clusters of this layout. */
export const usualRow = (profile: ProfileName, { layout }: Pick<Config, "layout">): Profile => {
  const form = LAYOUTS[layout].leaves[profile];
  return form === undefined ? INVENTORY[profile] : formed(INVENTORY[profile], form);
};

/** By the node's own name first, then by its roles. */
const nameOn = (given: Readonly<Record<string, string>>, { name, roles }: NodeConfig): string | undefined => {
  const names = new Map(Object.entries(given));
  return [name, ...ROLES.filter((role) => roles.includes(role))].flatMap((key) => names.get(key) ?? [])[0];
};

/** With the subject that the stack file gives. */
const ofProfile = (profile: ProfileName, config: Pick<Config, "certificates" | "layout">): Profile => {
  const usual = usualRow(profile, config);
  const { commonName, organizations } = config.certificates.profiles[profile] ?? {};
  if (commonName === undefined && organizations === undefined) return usual;
  const given = (node: NodeConfig) => (typeof commonName === "object" ? nameOn(commonName, node) : commonName);
  return {
    ...usual,
    commonName: (node) => named(given(node) ?? usual.commonName(node), node.name),
    organizations: organizations === undefined ? usual.organizations : always(organizations),
  };
};

const ofStack = (leaf: LeafName, { certificates }: Pick<Config, "certificates">): Profile => {
  const name = ownNameOf(leaf) ?? "";
  const own = certificates.own[name];
  if (own === undefined) throw new Error(`certificates.own.${name}: not in the stack file`);
  return ownProfile(name, own);
};

/** Every leaf there may be: the profiles, then the user's own. */
export const leafNames = ({ certificates }: Pick<Config, "certificates">): LeafName[] => [
  ...PROFILE_NAMES,
  ...Object.keys(certificates.own).map(ownName),
];

/** The row of a leaf as it is in clusters of this layout, with what the stack file says of it or of one of the user's own. */
export const profileRow = (leaf: LeafName, config: Pick<Config, "certificates" | "layout" | "authority">): Profile => {
  const row = isProfile(leaf) ? ofProfile(leaf, config) : ofStack(leaf, config);
  const authority = caOf(config, row.authority);
  return authority === row.authority ? row : { ...row, authority };
};
