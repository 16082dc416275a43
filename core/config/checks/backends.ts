/** Checks of where CA keys are made: each kind has a section of its own, and generations follow one another. */
import { isKeyInServer, keeperOf } from "../../authorities/backends";
import { authorityCommonName, signerCommonName } from "../../authorities/names";
import { AUTHORITIES, mapAuthorities, type AuthorityName } from "../../model/authorities";
import { BACKEND_KINDS, type Backends } from "../../model/backends";
import { KIND_SECTIONS, SECTION_KINDS } from "../../schema/authority";
import type { Sections } from "../../schema/sections";
import { backendsOf } from "../normalise";
import type { Check } from "./check";

type All = Readonly<Record<AuthorityName, Backends>>;

const IN_SERVER = BACKEND_KINDS.filter((kind) => isKeyInServer({ kind }));

/** The section of a kind is there where the kind is, and only there. */
const sectionProblems = (authority: Sections["authority"], all: All): string[] => {
  const used = new Set(Object.values(all).flatMap((backends) => backends.map(({ kind }) => kind)));
  return SECTION_KINDS.flatMap((kind) => {
    const isGiven = authority[kind] !== undefined;
    if (isGiven === used.has(kind)) return [];
    return isGiven
      ? [
          `authority.${kind}: given with kind ${[...used].join(" and ")}; allowed is kind: ${kind} beside it, or to leave it out`,
        ]
      : [`authority.${kind}: missing; with kind ${kind} give what it asks for (${KIND_SECTIONS[kind].docs})`];
  });
};

/** A CA that is given with its key is one whose key the stack keeps. */
const givenProblems = (authority: Sections["authority"], name: AuthorityName, backends: Backends): string[] => {
  const first = keeperOf(backends, 1);
  return authority[name] !== undefined && isKeyInServer(first)
    ? [
        `authority.${name}: a CA with its key, but with kind ${first.kind} every key is made in the server and stays there; ` +
          `leave it out and name the CA's fingerprint as adopt.${name}: the cluster is then taken over; or say in ` +
          "authority.earlier that generation 1 is embedded, and rotate",
      ]
    : [];
};

/** Each entry of `earlier` ends after the one before it. */
const orderProblems = ({ earlier }: Sections["authority"], name: AuthorityName, backends: Backends): string[] =>
  earlier.flatMap((_each, index) => {
    const [before, own] = [backends[index - 1]?.upTo ?? 0, backends[index]?.upTo ?? 0];
    return own > 0 && own <= before
      ? [
          `authority.earlier[${String(index)}].generations: ${String(own)} for ${name}; allowed is more than ` +
            `${String(before)}, where the entry before ends`,
        ]
      : [];
  });

/** A common name has 64 characters (RFC 5280, appendix A.1); the rest is for three digits of generation. */
const LONGEST_NAME = 64 - signerCommonName(authorityCommonName("", "kubernetes", 100)).length;

/** Where the signer's keys are to be made on control planes, they have to be able to. */
const signerProblems = (sections: Partial<Sections>, backends: Backends): string[] => {
  const { authority, cluster, nodes, certificates, rotation, adopt } = sections;
  if (authority?.signer === undefined) return [];
  if (!backends.some(isKeyInServer))
    return [
      "authority.signer: given, but the key of the kubernetes CA is in the stack's state, so the controller manager signs " +
        `with that; allowed is kind ${IN_SERVER.join(" or ")} for kubernetes, or to leave it out`,
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

export const backendProblems: Check = ({ sections }) => {
  const { authority } = sections;
  if (authority === undefined) return [];
  const all = mapAuthorities((name) => backendsOf(authority, name));
  return [
    ...sectionProblems(authority, all),
    ...signerProblems(sections, all.kubernetes),
    ...AUTHORITIES.flatMap((name) => [
      ...givenProblems(authority, name, all[name]),
      ...orderProblems(authority, name, all[name]),
    ]),
  ];
};
