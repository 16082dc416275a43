/** Where in Vault or OpenBao the stack keeps its authorities: one mount for each, in it one issuer for each generation. */
import { backendOf } from "../authorities/backends";
import { requestedAhead } from "../authorities/offlineRoot";
import { generationsUpTo, stateOf } from "../authorities/rotation";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { Places } from "../model/backends";
import type { Config } from "../schema/config";

const MOUNT_NAMES: Readonly<Record<AuthorityName, string>> = {
  kubernetes: "kubernetes",
  etcd: "etcd",
  frontProxy: "front-proxy",
};

type Placed = Pick<Config, "cluster" | "authority">;

/** Where a mount is, and whether the stack creates it or uses an existing one. */
export interface MountPlace {
  readonly path: string;
  readonly isOurs: boolean;
}

const placeOf = ({ cluster }: Placed, name: AuthorityName, { mount }: Places["vault"]): MountPlace =>
  mount === undefined
    ? { path: `kube-pki/${cluster.name}/${MOUNT_NAMES[name]}`, isOurs: true }
    : { path: mount, isOurs: false };

/** Where the mount of a generation is; undefined where its key is not in Vault. */
export const mountOf = (config: Placed, name: AuthorityName, generation: number): MountPlace | undefined => {
  const backend = backendOf(config, name, generation);
  return backend.kind === "vault" ? placeOf(config, name, backend) : undefined;
};

/** Every mount that an authority has or had, in any generation: paths. */
export const mountsOf = (config: Placed, name: AuthorityName): string[] => [
  ...new Set(
    config.authority.backends[name].flatMap((backend) =>
      backend.kind === "vault" ? [placeOf(config, name, backend).path] : [],
    ),
  ),
];

/** Whether any key of the stack is in Vault: the server is asked only then. */
export const usesVault = (config: Config): boolean =>
  AUTHORITIES.some((name) =>
    [...generationsUpTo(stateOf(config, name)), ...requestedAhead(config, name)].some(
      (generation) => backendOf(config, name, generation).kind === "vault",
    ),
  );
