/**
 * What the stack keeps in Vault or OpenBao: one mount for each authority, in it one issuer for each generation and, for the
 * one that signs, one role for each kind of certificate. A role allows what the plan asks for and nothing else, so that a
 * stolen token of the signing policy gets no other subject, usage, time or CA out of it.
 */
import { AUTHORITIES, type AuthorityName } from "./authorities";
import { backendOf, controllerSigner, type Backend, type ControllerSigner } from "./backends";
import type { ClientPlan } from "./clients";
import type { Algorithm, Config } from "./config";
import type { LeafPlan, NodePlan } from "./plan";
import { requestedAhead } from "./offlineRoot";
import { isAdopted, keptOf, signerOf, stateOf } from "./rotation";

const MOUNT_NAMES: Readonly<Record<AuthorityName, string>> = {
  kubernetes: "kubernetes",
  etcd: "etcd",
  frontProxy: "front-proxy",
};

type Placed = Pick<Config, "cluster" | "authority">;

/** Where a mount is, and whether the stack makes it or uses one that is there. */
export interface MountPlace {
  readonly path: string;
  readonly isOurs: boolean;
}

const placeOf = ({ cluster }: Placed, name: AuthorityName, { mount }: Backend): MountPlace =>
  mount === undefined
    ? { path: `kube-pki/${cluster.name}/${MOUNT_NAMES[name]}`, isOurs: true }
    : { path: mount, isOurs: false };

/** Where the mount of a generation is; undefined where its key is not in Vault. */
export const mountOf = (config: Placed, name: AuthorityName, generation: number): MountPlace | undefined => {
  const backend = backendOf(config, name, generation);
  return backend.kind === "vault" ? placeOf(config, name, backend) : undefined;
};

/** Every mount that an authority has or had, whatever generation is in use: paths. */
export const mountsOf = (config: Placed, name: AuthorityName): string[] => [
  ...new Set(
    config.authority.backends[name].flatMap((backend) =>
      backend.kind === "vault" ? [placeOf(config, name, backend).path] : [],
    ),
  ),
];

/** Whether anything that the stack makes or keeps is in Vault: only then anybody asks it. */
export const usesVault = (config: Config): boolean =>
  AUTHORITIES.some((name) =>
    [...keptOf(stateOf(config, name)), ...requestedAhead(config, name)].some(
      (generation) => backendOf(config, name, generation).kind === "vault",
    ),
  );

/** Where the controller manager has its key. */
export const signerIn = (config: Pick<Config, "authority" | "adopt">): ControllerSigner =>
  controllerSigner(config.authority.backends.kubernetes, config.authority.signer, isAdopted(config, "kubernetes"));

/** Whether the controller manager signs. */
export const hasSigner = (config: Pick<Config, "authority" | "adopt">): boolean => signerIn(config) !== "none";

/** Whether that signer is now an intermediate of its own, so that the trust bundle holds it beside the CA. */
export const hasOwnSigner = (config: Pick<Config, "authority" | "adopt" | "rotation">): boolean =>
  hasSigner(config) &&
  backendOf(config, "kubernetes", Math.max(1, signerOf(stateOf(config, "kubernetes")))).kind === "vault";

/** `ECDSA-P256` or `RSA-2048` as Vault wants it. */
export const vaultKey = (algorithm: Algorithm): { readonly keyType: string; readonly keyBits: number } => {
  const [kind = "", size = ""] = algorithm.split("-");
  return { keyType: kind === "RSA" ? "rsa" : "ec", keyBits: Number(size.replace("P", "")) };
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

/** One role for each kind of certificate that the authority signs now. */
export const rolesOf = (
  nodes: readonly Pick<NodePlan, "leaves">[],
  clients: readonly ClientPlan[],
  authority: AuthorityName,
): VaultRole[] => {
  const leaves: RoleLeaf[] = [
    ...nodes.flatMap((node) => node.leaves.map(({ profile, ...leaf }) => ({ ...leaf, role: profile }))),
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

/** The role of a user's kubeconfig; no profile is called so. */
export const clientRole = (name: string): string => `kubeconfig-${name}`;
