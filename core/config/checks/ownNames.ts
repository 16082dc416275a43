/**
 * Checks of what a certificate of the user's own says: none lets its holder act as Kubernetes itself, or pass for one of its
 * servers, unless `privileged` says so.
 */
import { INVENTORY, profileRow } from "../../certificates/inventory";
import { mustBe } from "../../format/problem";
import { sanOf, type San } from "../../format/addresses";
import type { AuthorityName } from "../../model/authorities";
import { ownName, PROFILE_NAMES } from "../../model/profiles";
import { ownOn } from "../../nodes/ownFiles";
import type { Config, NodeConfig, OwnConfig } from "../../schema/config";
import type { Check } from "./check";
import { ownField } from "./own";
import { withoutRotation } from "./plannedSans";
import { OF_KUBERNETES } from "./users";

const PURPOSE = "or set privileged: true to grant its rights on purpose";

/** Why every client of that CA may do more than its name says. */
const ANY_CLIENT: Readonly<Partial<Record<AuthorityName, string>>> = {
  etcd: "etcd lets each client of its CA read and write everything, Secrets too",
  frontProxy: "API servers may believe each client of this CA whoever it says it acts for",
};

/** With the subjects that the stack file gives them, by their usual authorities. */
const rowsOf = (authority: AuthorityName, usage: "server" | "client", config: Config) =>
  PROFILE_NAMES.filter((profile) => INVENTORY[profile].authority === authority)
    .map((profile) => profileRow(profile, config))
    .filter((row) => row.usages.includes(usage));

const clientProblems = (name: string, own: OwnConfig, config: Config): string[] => {
  const { authority, commonName = name, organizations } = own;
  const why = ANY_CLIENT[authority];
  if (why !== undefined)
    return [mustBe(ownField(name, "privileged"), `false for a client of ${authority}`, "true", why)];
  const theirs = new Set(
    rowsOf(authority, "client", config).flatMap((row) => config.nodes.map((node) => row.commonName(node))),
  );
  const user =
    OF_KUBERNETES.test(commonName) || theirs.has(commonName)
      ? [
          mustBe(
            ownField(name, "commonName"),
            `${JSON.stringify(commonName)} is a user of Kubernetes itself`,
            "a name of your own",
            PURPOSE,
          ),
        ]
      : [];
  const groups = organizations
    .filter((group) => OF_KUBERNETES.test(group))
    .map((group) =>
      mustBe(
        ownField(name, "organizations"),
        `${JSON.stringify(group)} is a group of Kubernetes itself`,
        "a group of your own",
        PURPOSE,
      ),
    );
  return [...user, ...groups];
};

const LOOPBACK: ReadonlySet<San> = new Set(["DNS:localhost", "IP:127.0.0.1", "IP:::1"] as const);

/** What a node that holds it is called anyway: there the servers of Kubernetes have the same names. */
const namesOf = ({ name, address, extraSans }: NodeConfig): San[] => [name, address, ...extraSans].map(sanOf);

const covers = (san: San, other: San): boolean =>
  san === other || (san.startsWith("DNS:*.") && other.replace(/^DNS:[^.]+\./, "DNS:*.") === san);

/** The first name by which it could pass for a server of this authority that runs elsewhere. */
const borrowed = (name: string, own: OwnConfig, config: Config): San | undefined => {
  const row = profileRow(ownName(name), config);
  const servers = rowsOf(own.authority, "server", config).flatMap((each) =>
    config.nodes.flatMap((node) => each.sans(node, config)),
  );
  const taken = (sans: readonly San[], free: readonly San[]): San | undefined =>
    sans.find((san) => servers.some((each) => !LOOPBACK.has(each) && !free.includes(each) && covers(san, each)));
  const holders = config.nodes.filter((node) => ownOn(node, config).some(({ leaf }) => leaf === ownName(name)));
  const [anyNode] = config.nodes;
  if (own.secret !== undefined) return anyNode && taken(row.sans(anyNode, config), []);
  for (const node of holders) {
    const found = taken(row.sans(node, config), namesOf(node));
    if (found !== undefined) return found;
  }
  return undefined;
};

const serverProblems = (name: string, own: OwnConfig, config: Config): string[] => {
  const found = borrowed(name, own, config);
  return found === undefined
    ? []
    : [
        mustBe(
          ownField(name, "sans"),
          `${found} is a name of a server of Kubernetes itself`,
          "names of your own",
          "or set privileged: true if it is to stand in for that server",
        ),
      ];
};

export const ownNamesProblems: Check = ({ sections, now }) => {
  const config = withoutRotation(sections, now);
  return Object.entries(config?.certificates.own ?? {}).flatMap(([name, own]) =>
    config === undefined || own.privileged
      ? []
      : [
          ...(own.usages.includes("client") ? clientProblems(name, own, config) : []),
          ...(own.usages.includes("server") ? serverProblems(name, own, config) : []),
        ],
  );
};
