/** Checks of where CA keys are made: each kind has fields of its own, and generations follow one another. */
import { authorityCommonName, signerCommonName } from "../../authorities/names";
import type { Backends } from "../../model/backends";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import type { Sections } from "../../schema/sections";
import { backendsOf } from "../normalise";
import type { Check } from "./check";

const OF_VAULT = ["address", "approle", "mounts", "fingerprints", "signer"] as const;

const mountProblems = ({ mounts }: Pick<Sections["authority"], "mounts">, at: string, backends: Kinds): string[] =>
  AUTHORITIES.flatMap((name) =>
    mounts?.[name] === undefined || backends[name] === "vault"
      ? []
      : [
          `${at}.mounts.${name}: given, but kind ${backends[name]} has no mount; allowed is kind vault, or to leave it out`,
        ],
  );

type Kinds = Readonly<Record<AuthorityName, string>>;

const kindsAt = (all: Readonly<Record<AuthorityName, Backends>>, index: number): Kinds =>
  Object.fromEntries(AUTHORITIES.map((name) => [name, all[name].at(index)?.kind ?? ""])) as Kinds;

/** A common name has 64 characters (RFC 5280, appendix A.1); the rest is for three digits of generation. */
const LONGEST_NAME = 64 - signerCommonName(authorityCommonName("", "kubernetes", 100)).length;

/** Where the signer's keys are to be made on control planes, they have to be able to. */
const signerProblems = (sections: Partial<Sections>, inVault: boolean): string[] => {
  const { authority, cluster, nodes, certificates, rotation, adopt } = sections;
  if (authority?.signer === undefined) return [];
  if (!inVault)
    return [
      "authority.signer: given, but the kubernetes CA is not in Vault, so the controller manager signs with the CA's own " +
        "key; allowed is kind vault for kubernetes, or to leave it out",
    ];
  if (authority.signer !== "node") return [];
  const problems = [];
  if (rotation === undefined && adopt === undefined)
    problems.push(
      "authority.signer: node without rotation; give rotation: {generation: 1} too: a control plane that comes or goes " +
        "changes what every node trusts",
    );
  const name = cluster?.name ?? "";
  if (name.length > LONGEST_NAME)
    problems.push(
      `cluster.name: ${String(name.length)} characters; with authority.signer: node at most ${String(LONGEST_NAME)} are ` +
        "allowed, since the signer's common name begins with it",
    );
  const unable = (nodes ?? []).flatMap(({ name, roles, custody = certificates?.custody }) =>
    roles.includes("control-plane") && custody === "state"
      ? [`authority.signer: node, but ${name} has custody state; allowed is custody node for it, or another signer`]
      : [],
  );
  return [...problems, ...unable];
};

export const vaultProblems: Check = ({ sections }) => {
  const { authority } = sections;
  if (authority === undefined) return [];
  const { earlier } = authority;
  const all = Object.fromEntries(AUTHORITIES.map((name) => [name, backendsOf(authority, name)])) as Readonly<
    Record<AuthorityName, Backends>
  >;
  const isInVault = AUTHORITIES.some((name) => all[name].some(({ kind }) => kind === "vault"));
  if (!isInVault)
    return OF_VAULT.filter((field) => authority[field] !== undefined).map(
      (field) => `authority.${field}: given with kind embedded; allowed is kind: vault beside it, or to leave it out`,
    );
  const problems =
    authority.address === undefined
      ? [
          "authority.address: missing; with kind vault give the address of Vault or OpenBao, " +
            'such as "https://vault.example.com:8200"',
        ]
      : [];
  problems.push(
    ...signerProblems(
      sections,
      all.kubernetes.some(({ kind }) => kind === "vault"),
    ),
    ...mountProblems(authority, "authority", kindsAt(all, -1)),
    ...earlier.flatMap((each, index) =>
      mountProblems(each, `authority.earlier[${String(index)}]`, kindsAt(all, index)),
    ),
  );
  for (const name of AUTHORITIES) {
    const backends = all[name];
    const first = backends.find(({ upTo = Infinity }) => upTo >= 1);
    if (authority[name] !== undefined && first?.kind === "vault")
      problems.push(
        `authority.${name}: a CA with its key, but with kind vault every key is made in the server and stays there; ` +
          `leave it out and name the CA's fingerprint as adopt.${name}: the cluster is then taken over; or say in ` +
          "authority.earlier that generation 1 is embedded, and rotate",
      );
    earlier.forEach((_each, index) => {
      const [before, own] = [backends[index - 1]?.upTo ?? 0, backends[index]?.upTo ?? 0];
      if (own > 0 && own <= before)
        problems.push(
          `authority.earlier[${String(index)}].generations: ${String(own)} for ${name}; allowed is more than ` +
            `${String(before)}, where the entry before ends`,
        );
    });
  }
  return problems;
};
