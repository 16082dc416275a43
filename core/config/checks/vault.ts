/** Checks of `authority.vault`. */
import { mustBe } from "../../format/problem";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import type { BackendKind } from "../../model/backends";
import type { Sections } from "../../schema/sections";
import { backendsOf } from "../normalise";
import { repeated } from "../problems";
import type { Check } from "./check";

type Mounts = NonNullable<Sections["authority"]["vault"]>["mounts"];

const mountProblems = (
  mounts: Mounts,
  at: string,
  kindOf: (name: AuthorityName) => BackendKind | undefined,
): string[] =>
  AUTHORITIES.flatMap((name) => {
    const kind = kindOf(name);
    return mounts?.[name] === undefined || kind === undefined || kind === "vault"
      ? []
      : [
          mustBe(
            `${at}.mounts.${name}`,
            `given with kind ${kind}`,
            "used with kind: vault",
            "set that kind, or leave it out",
          ),
        ];
  });

/** Whoever may have certificates of one CA in a mount may have them of each CA in it. */
const sharedMounts = (mounts: Mounts, at: string): string[] => {
  const given = AUTHORITIES.flatMap((name) => (mounts?.[name] === undefined ? [] : [[name, mounts[name]] as const]));
  return repeated(
    given.map(([, path]) => path),
    (index, first) =>
      mustBe(
        `${at}.mounts.${given[index]?.[0] ?? ""}`,
        `${JSON.stringify(given[index]?.[1])} is ${at}.mounts.${given[first]?.[0] ?? ""} too`,
        "a mount of its own",
        "roles of a mount may sign with each CA in it",
      ),
  );
};

/** A mount is of one authority, and that is in Vault. */
export const vaultProblems: Check = ({ sections: { authority } }) => {
  if (authority === undefined) return [];
  const kindAt = (index: number) => (name: AuthorityName) => backendsOf(authority, name).at(index)?.kind;
  return [
    ...sharedMounts(authority.vault?.mounts, "authority.vault"),
    ...mountProblems(authority.vault?.mounts, "authority.vault", kindAt(-1)),
    ...authority.earlier.flatMap(({ vault }, index) =>
      mountProblems(vault?.mounts, `authority.earlier[${String(index)}].vault`, kindAt(index)),
    ),
  ];
};
