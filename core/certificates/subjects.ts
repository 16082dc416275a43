/**
 * Which subjects a certificate may have beside its usual one. Servers, and clients of etcd and of the front proxy, are known by
 * their CA and names; of clients of the API server and of kubelets the subject is the user and the groups that rights are given to.
 */
import { caOf } from "../authorities/oneCa";
import { kubernetesMinor } from "../format/kubernetesVersion";
import { LAYOUTS } from "../layouts";
import type { ProfileName } from "../model/profiles";
import type { Config } from "../schema/config";
import { usualRow } from "./inventory";

/** Users that Kubernetes itself gives their rights to, by name; why no other name will do. */
export const FIXED_NAMES: Readonly<Partial<Record<ProfileName, string>>> = {
  kubelet: "the node authorizer knows each node by it",
  "controller-manager": "the role bindings of Kubernetes itself know it by no other name",
  scheduler: "the role bindings of Kubernetes itself know it by no other name",
  "kube-proxy": "the role bindings of Kubernetes itself know it by no other name",
};

/** A kubelet that is not in it is no node for the API server (plugin/pkg/auth/nodeidentifier). */
export const NODES_GROUP = "system:nodes";
const MASTERS = "system:masters";

/** Groups with rights in every cluster, or in every one of kubeadm's; others of `system:` have none by themselves. */
const RIGHTS = /^(?:system:(?:masters|nodes|(?:bootstrappers|serviceaccounts)(?::.*)?)|kubeadm:cluster-admins)$/;

/** Those that some version of Kubernetes or of an installer puts the holder into, so that it has the same rights with each. */
const ADMINS = [MASTERS, "kubeadm:cluster-admins"] as const;
const OF_INSTALLERS: Readonly<Partial<Record<ProfileName, readonly string[]>>> = {
  "apiserver-kubelet-client": ADMINS,
  admin: ADMINS,
  "super-admin": ADMINS,
};

/** How users of Kubernetes itself are called. */
const SYSTEM = "system:";

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

type Given = Pick<Config, "authority" | "cluster" | "layout">;

/** Whether a kubelet lets its API server in by this subject wherever the layout's installer has been. */
const isKnownToKubelets = ({ commonName, organizations }: Subject, usualName: string, { cluster, layout }: Given) =>
  organizations.includes(MASTERS) ||
  (LAYOUTS[layout].hasKubeadmBindings &&
    (organizations.includes("kubeadm:cluster-admins") ||
      (kubernetesMinor({ cluster }) >= 36 && commonName === usualName)));

/** Which field of a subject has other rights than the certificate has by itself, and why: allowed on purpose only. */
export interface Excess {
  readonly field: "commonName" | "organizations";
  /** Continues the value. */
  readonly why: string;
  readonly value: string;
}

/**
 * What of a subject gives other rights than the certificate has by itself, or leaves it without any that are known.
 *
 * @param usual of the same certificate where the stack file says nothing of it
 */
export const excessOf = (profile: ProfileName, given: Subject, usual: Subject, config: Given): Excess[] => {
  const row = usualRow(profile, config);
  if (!row.usages.includes("client") || caOf(config, row.authority) !== "kubernetes") return [];
  const free = [...usual.organizations, ...(OF_INSTALLERS[profile] ?? [])];
  const groups = given.organizations
    .filter((group) => RIGHTS.test(group) && !free.includes(group))
    .map((value): Excess => ({ field: "organizations", value, why: "is a group with rights of its own" }));
  const name: Excess[] =
    given.commonName !== usual.commonName && given.commonName.startsWith(SYSTEM)
      ? [{ field: "commonName", value: given.commonName, why: "is a user of Kubernetes itself" }]
      : [];
  const isUsual = given.commonName === usual.commonName && given.organizations.join() === usual.organizations.join();
  const isLost =
    profile === "apiserver-kubelet-client" && !isUsual && !isKnownToKubelets(given, usual.commonName, config);
  const lost: Excess[] = isLost
    ? [
        {
          field: given.commonName === usual.commonName ? "organizations" : "commonName",
          value: given.commonName,
          why: "has no rights on kubelets without a role binding of your own, so logs, exec and metrics end",
        },
      ]
    : [];
  return [...groups, ...(lost.length > 0 ? lost : name)];
};
