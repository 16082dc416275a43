/** Pairs that were made once and copied to several nodes. */
import { unique } from "../format/unique";
import { pairs } from "./changes";
import type { Place } from "./live";
import { remark, type Remark } from "./remarks";

/** Of servers: who has a copy of the key can be each of them. */
export const copyRemarks = (places: readonly Place[]): Remark[] => {
  const served = pairs(places).filter(({ leaf: { usages } }) => usages.includes("server"));
  const keyOf = ({ leaf, live }: (typeof served)[number]): string => `${leaf.profile} ${live.certificate.publicKey}`;
  return unique(served.map(keyOf)).flatMap((key) => {
    const own = served.filter((each) => keyOf(each) === key);
    const [first] = own;
    if (first === undefined || own.length < 2) return [];
    return [
      remark(
        "changed",
        `${own.map(({ live }) => live.node).join(", ")}: one pair is the ${first.leaf.profile} of all of them (${first.live.path}): ` +
          "each gets one with a key of its own, and every name of this one (docs/fleet.md)",
      ),
    ];
  });
};
