/** Checks of `adopt`: each CA of the cluster is known in exactly one way, with its key or by its fingerprint. */
import { isAdopted } from "../../authorities/rotation";
import { mustBe } from "../../format/problem";
import { ROTATABLE } from "../../model/phases";
import { AUTHORITIES } from "../../model/authorities";
import type { Check } from "./check";

export const adoptProblems: Check = ({ sections: { adopt, authority }, secretsHidden }) => {
  if (adopt === undefined) return [];
  if (!ROTATABLE.some((what) => isAdopted({ adopt }, what)))
    return [
      mustBe("adopt", "empty", "the fingerprint of each CA whose key you do not have", "leave it out if you have them"),
    ];
  if (authority === undefined || secretsHidden === true) return [];
  const problems = AUTHORITIES.flatMap((name) => {
    const isGiven = authority[name] !== undefined;
    if (isGiven && adopt[name] !== undefined)
      return [
        mustBe(
          `adopt.${name}`,
          `authority.${name} is given too`,
          "one of the two",
          "adopt only a CA whose key you do not have",
        ),
      ];
    if (!isGiven && adopt[name] === undefined)
      return [
        mustBe(
          `adopt.${name}`,
          "missing",
          "given, because an existing cluster has every CA already",
          `give the CA's fingerprint here, or its certificate and key as authority.${name}`,
        ),
      ];
    return [];
  });
  if (adopt.serviceAccount !== false && authority.serviceAccount !== undefined)
    problems.push(
      mustBe("adopt.serviceAccount", "authority.serviceAccount is given too", "one of the two", "remove one"),
    );
  return problems;
};
