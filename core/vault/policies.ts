/**
 * Who may do what in Vault or OpenBao: one policy to renew, which signs with the roles of the plan and does nothing else, and
 * one to make and rotate. Their texts stay the same over rotations, so that neither has to be able to change the other.
 */
import { caSignerOf } from "../authorities/backends";
import { ownCas } from "../authorities/oneCa";
import { AUTHORITIES } from "../model/authorities";
import type { Backend } from "../model/backends";
import type { Config } from "../schema/config";
import { mountsOf } from "./mounts";
import { clientRole, rolesOf, type Signed } from "./roles";

export const ACCESS = ["renew", "rotate"] as const;
export type Access = (typeof ACCESS)[number];

/** The name of the policy and of the AppRole role that goes with it. */
export const accessName = ({ cluster }: Pick<Config, "cluster">, access: Access): string =>
  `kube-pki-${cluster.name}-${access}`;

/**
 * How long a token of it lives, in seconds: an `up` that renews has all signed within minutes, and one that rotates signs
 * after it has restarted every node of a large cluster.
 */
export const TOKEN_LIFE_SECONDS: Readonly<Record<Access, number>> = { renew: 3600, rotate: 12 * 3600 };

type Capability = "create" | "read" | "update" | "patch" | "delete" | "list";

const path = (where: string, ...capabilities: readonly Capability[]): string =>
  `path ${JSON.stringify(where)} { capabilities = ${JSON.stringify(capabilities)} }\n`;

/** The plugin looks up its token in every run, and the preflight asks for its capabilities. */
const SELF = path("auth/token/lookup-self", "read") + path("sys/capabilities-self", "update");

/** A role has another name in each generation, and each user one of their own. */
const signing = (config: Config, plan: Signed): string[] =>
  ownCas(config).flatMap((name) => {
    const roles = rolesOf(plan, [], name).map(({ role }) => `${role}-g*`);
    const all = name === "kubernetes" ? [...roles, `${clientRole("")}*`] : roles;
    return mountsOf(config, name).flatMap((mount) => all.sort().map((role) => path(`${mount}/sign/${role}`, "update")));
  });

const mountThatSigns = (backend: Backend): string[] => {
  const signedBy = caSignerOf(backend);
  return signedBy !== undefined && "mount" in signedBy ? [signedBy.mount] : [];
};

/** The mounts that sign CAs: paths. */
const rootsOf = ({ authority }: Config): string[] => [
  ...new Set(AUTHORITIES.flatMap((name) => authority.backends[name].flatMap(mountThatSigns))),
];

/**
 * Everything in the mounts (issuers are patched), and a signature for each new CA; of what is outside of them it reads what
 * `pulumi refresh` reads.
 */
const rotating = (config: Config): string[] => [
  ...ownCas(config).flatMap((name) =>
    mountsOf(config, name).flatMap((mount) => [
      path(`${mount}/*`, "create", "read", "update", "patch", "delete", "list"),
      path(`sys/mounts/${mount}`, "read"),
    ]),
  ),
  ...rootsOf(config).map((mount) => path(`${mount}/root/sign-intermediate`, "update")),
  ...ACCESS.flatMap((access) => [
    path(`sys/policies/acl/${accessName(config, access)}`, "read"),
    path(`auth/${config.authority.vault?.approle ?? "approle"}/role/${accessName(config, access)}`, "read"),
  ]),
];

export const policyText = (access: Access, config: Config, plan: Signed): string =>
  [...(access === "renew" ? signing(config, plan) : rotating(config)), SELF].join("");
