/** Checks of `authority.vault`. */
import { mustBe } from "../../format/problem";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import type { BackendKind } from "../../model/backends";
import type { Sections } from "../../schema/sections";
import { backendsOf } from "../normalise";
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

/** A mount is of an authority that is in Vault. */
export const vaultProblems: Check = ({ sections: { authority } }) => {
  if (authority === undefined) return [];
  const kindAt = (index: number) => (name: AuthorityName) => backendsOf(authority, name).at(index)?.kind;
  return [
    ...mountProblems(authority.vault?.mounts, "authority.vault", kindAt(-1)),
    ...authority.earlier.flatMap(({ vault }, index) =>
      mountProblems(vault?.mounts, `authority.earlier[${String(index)}].vault`, kindAt(index)),
    ),
  ];
};
