/** Checks of where CA keys are: each kind has a section of its own, and generations follow one another. */
import { backendFor, isKeyInServer } from "../../authorities/backends";
import { authorityCommonName, csrSignerCommonName } from "../../authorities/names";
import { mustBe } from "../../format/problem";
import { AUTHORITIES, mapAuthorities, type AuthorityName } from "../../model/authorities";
import { BACKEND_KINDS, BACKENDS, type Backends } from "../../model/backends";
import { KIND_SECTIONS, SECTION_KINDS } from "../../schema/authority";
import type { Sections } from "../../schema/sections";
import { backendsOf } from "../normalise";
import type { Check } from "./check";

type All = Readonly<Record<AuthorityName, Backends>>;

const IN_SERVER = BACKEND_KINDS.filter((kind) => isKeyInServer(BACKENDS[kind]));

/** The section of a kind is there where the kind is, and only there. */
const sectionProblems = (authority: Sections["authority"], all: All): string[] => {
  const used = new Set(Object.values(all).flatMap((backends) => backends.map(({ kind }) => kind)));
  return SECTION_KINDS.flatMap((kind) => {
    const isGiven = authority[kind] !== undefined;
    if (isGiven === used.has(kind)) return [];
    return isGiven
      ? [
          mustBe(
            `authority.${kind}`,
            `given with kind ${[...used].join(" and ")}`,
            `used with kind: ${kind}`,
            "set that kind, or leave it out",
          ),
        ]
      : [
          mustBe(
            `authority.${kind}`,
            "missing",
            `given with kind: ${kind}`,
            `${KIND_SECTIONS[kind].docs} says what it needs`,
          ),
        ];
  });
};

/** A CA that is given with its key is one whose key the stack keeps. */
const givenProblems = (authority: Sections["authority"], name: AuthorityName, backends: Backends): string[] => {
  const first = backendFor(backends, 1);
  return authority[name] !== undefined && isKeyInServer(first)
    ? [
        mustBe(
          `authority.${name}`,
          `a CA with its key, given with kind ${first.kind}`,
          "left out, because the server creates every key and exports none",
          `give the CA's fingerprint as adopt.${name} to take the cluster over, or declare generation 1 as embedded in ` +
            "authority.earlier and rotate",
        ),
      ]
    : [];
};

/** Each entry of `earlier` ends after the one before it. */
const orderProblems = ({ earlier }: Sections["authority"], name: AuthorityName, backends: Backends): string[] =>
  earlier.flatMap((_each, index) => {
    const [before, own] = [backends[index - 1]?.upTo ?? 0, backends[index]?.upTo ?? 0];
    return own > 0 && own <= before
      ? [
          mustBe(
            `authority.earlier[${String(index)}].generations`,
            `${String(own)} for ${name}`,
            `more than ${String(before)}, the last generation of the entry before`,
          ),
        ]
      : [];
  });

/** A common name has 64 characters (RFC 5280, appendix A.1); the rest is for three digits of generation. */
const LONGEST_NAME = 64 - csrSignerCommonName(authorityCommonName("", "kubernetes", 100)).length;

/** With csrSigner: node the control planes must be able to generate the keys. */
const signerProblems = (sections: Partial<Sections>, backends: Backends): string[] => {
  const { authority, cluster, nodes, certificates, rotation, adopt } = sections;
  if (authority?.csrSigner === undefined) return [];
  if (!backends.some(isKeyInServer))
    return [
      mustBe(
        "authority.csrSigner",
        "given, but the controller manager signs with the kubernetes CA's own key, which is in the stack's state",
        `used with kind ${IN_SERVER.join(" or ")} for kubernetes`,
        "set that kind, or leave it out",
      ),
    ];
  if (authority.csrSigner !== "node") return [];
  const problems = [];
  if (rotation === undefined && adopt === undefined)
    problems.push(
      mustBe(
        "authority.csrSigner",
        "node without rotation",
        "used with rotation, because adding or removing a control plane changes what every node trusts",
        "add rotation: {generation: 1}",
      ),
    );
  const name = cluster?.name ?? "";
  if (name.length > LONGEST_NAME)
    problems.push(
      mustBe(
        "cluster.name",
        `${String(name.length)} characters`,
        `at most ${String(LONGEST_NAME)} with authority.csrSigner: node, whose common name begins with it`,
      ),
    );
  const unable = (nodes ?? []).flatMap(({ name, roles, keyLocation = certificates?.keyLocation }) =>
    roles.includes("control-plane") && keyLocation === "state"
      ? [
          mustBe(
            "authority.csrSigner",
            `node, but ${name} has keyLocation: state`,
            "used with keyLocation: node on every control plane",
            "set that, or choose another csrSigner",
          ),
        ]
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
