/**
 * What may be signed in Vault or OpenBao: for the generation that signs, one role for each kind of certificate. A role
 * allows what the plan asks for and nothing else, so that a stolen token of the signing policy gets no other subject, usage,
 * time or CA out of it.
 */
import type { ClientPlan } from "../certificates/clients";
import type { LeafPlan } from "../certificates/leaves";
import { KEYS, type Algorithm } from "../model/algorithms";
import type { AuthorityName } from "../model/authorities";
import type { ClusterPlan, NodePlan } from "../plan";

/** What Vault calls each kind of key. */
const KEY_TYPES = { RSA: "rsa", ECDSA: "ec" } as const;

/** `ECDSA-P256` or `RSA-2048` as Vault wants it. */
export const vaultKey = (algorithm: Algorithm): { readonly keyType: string; readonly keyBits: number } => {
  const { kind, bits } = KEYS[algorithm];
  return { keyType: KEY_TYPES[kind], keyBits: bits };
};

/** What a role is made from: a leaf of a node by its profile, or a user's certificate by the user. */
export type RoleLeaf = Omit<LeafPlan, "profile"> & { readonly role: string };

export interface VaultRole {
  readonly role: string;
  /** Every name of every node, common names and DNS names: exactly these. */
  readonly names: readonly string[];
  readonly hasAddresses: boolean;
  readonly organizations: readonly string[];
  readonly usages: readonly ("server" | "client")[];
  readonly algorithm: Algorithm;
  readonly validitySeconds: number;
}

const dnsNames = ({ commonName, sans }: RoleLeaf): string[] => [
  commonName,
  ...sans.flatMap((san) => (san.startsWith("DNS:") ? [san.slice("DNS:".length)] : [])),
];

/** The leaves of a plan: on nodes, and in Secrets of the cluster. */
export interface Signed extends Pick<ClusterPlan, "held"> {
  readonly nodes: readonly Pick<NodePlan, "leaves">[];
}

/** One role for each kind of certificate that the authority signs now. */
export const rolesOf = (
  { nodes, held }: Signed,
  clients: readonly ClientPlan[],
  authority: AuthorityName,
): VaultRole[] => {
  const leaves: RoleLeaf[] = [
    ...[...nodes.flatMap((node) => node.leaves), ...held].map(({ profile, ...leaf }) => ({ ...leaf, role: profile })),
    ...clients.map(({ name, ...leaf }) => ({ ...leaf, role: clientRole(name) })),
  ];
  const byRole = new Map<string, RoleLeaf[]>();
  for (const leaf of leaves.filter((each) => each.authority === authority))
    byRole.set(leaf.role, [...(byRole.get(leaf.role) ?? []), leaf]);
  return [...byRole].flatMap(([role, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    const { organizations, usages, algorithm, validitySeconds } = first;
    const names = [...new Set(same.flatMap(dnsNames))].sort();
    const hasAddresses = same.some(({ sans }) => sans.some((san) => san.startsWith("IP:")));
    return [{ role, names, hasAddresses, organizations, usages, algorithm, validitySeconds }];
  });
};

/** The name of a role: another one for each generation, so that moving on never touches the one in use. */
export const roleName = (role: string, generation: number): string => `${role}-g${String(generation)}`;

/** The role of a user's kubeconfig; no profile is called so. Vault takes no "@" in a role's name. */
export const clientRole = (name: string): string => `kubeconfig-${name.replaceAll("@", "_at_")}`;
