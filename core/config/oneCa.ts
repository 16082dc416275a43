/** With `authority.oneCa` the stack file speaks of the cluster's CA alone: the other two are as that one. */
import { ONE_CA } from "../layouts/oneCa";
import { AUTHORITIES } from "../model/authorities";
import { mustBe } from "../format/problem";
import { unique } from "../format/unique";
import type { Sections } from "../schema/sections";
import { pathText, valueAt } from "./problems";

const OTHERS = AUTHORITIES.filter((name) => name !== ONE_CA);

const isOneCa = ({ authority }: Partial<Sections>): boolean => authority?.oneCa === true;

const likeTheOne = <T extends object>(given: T): T =>
  ONE_CA in given
    ? { ...given, ...Object.fromEntries(OTHERS.map((name) => [name, Reflect.get(given, ONE_CA) as unknown])) }
    : given;

/** The sections with what they say of the one CA said of all. */
export const withOneCa = (sections: Partial<Sections>): Partial<Sections> => {
  const { authority, adopt, rotation } = sections;
  if (authority?.oneCa !== true) return sections;
  return {
    ...sections,
    authority: likeTheOne(authority),
    ...(adopt && { adopt: likeTheOne(adopt) }),
    ...(rotation && { rotation: likeTheOne(rotation) }),
  };
};

/** Where a stack file can speak of one authority. */
const PLACES = [
  ["authority"],
  ["authority", "kind"],
  ["authority", "signed"],
  ["authority", "vault", "mounts"],
  ["authority", "vault", "fingerprints"],
  ["adopt"],
  ["rotation"],
] as const;

/** What is said of a CA that is none of its own. */
export const oneCaProblems = (sections: Partial<Sections>, raw: unknown): string[] =>
  isOneCa(sections)
    ? PLACES.flatMap((place) =>
        OTHERS.flatMap((name) =>
          valueAt(raw, [...place, name]) === undefined
            ? []
            : [
                mustBe(
                  pathText([...place, name]),
                  "given, with authority.oneCa",
                  "left out",
                  `that CA is ${pathText([...place, ONE_CA])}`,
                ),
              ],
        ),
      )
    : [];

/** What is wrong with all of them alike, said of the one that was given. */
export const ofTheOne = (sections: Partial<Sections>, problems: readonly string[]): string[] =>
  isOneCa(sections)
    ? unique(
        problems.map((problem) =>
          problem.replace(new RegExp(`^(authority|adopt|rotation)\\.(?:${OTHERS.join("|")})\\b`), `$1.${ONE_CA}`),
        ),
      )
    : [...problems];
