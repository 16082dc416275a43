/** Checks of `adopt`: each CA of the cluster is known in exactly one way, with its key or by its fingerprint. */
import { isAdopted } from "../../authorities/rotation";
import { ROTATED } from "../../model/phases";
import { AUTHORITIES } from "../../model/authorities";
import type { Check } from "./check";

export const adoptProblems: Check = ({ sections: { adopt, authority }, secretsHidden }) => {
  if (adopt === undefined) return [];
  if (!ROTATED.some((what) => isAdopted({ adopt }, what)))
    return ["adopt: empty; allowed is the fingerprint of each CA whose key is unknown, or to leave it out"];
  if (authority === undefined || secretsHidden === true) return [];
  const problems = AUTHORITIES.flatMap((name) => {
    const isGiven = authority[name] !== undefined;
    if (isGiven && adopt[name] !== undefined)
      return [
        `adopt.${name}: authority.${name} is given too; allowed is one of them: adopted is a CA whose key is unknown`,
      ];
    if (!isGiven && adopt[name] === undefined)
      return [
        `adopt.${name}: missing; in an existing cluster every authority is either given or adopted: ` +
          `give its fingerprint here, or its certificate and key as authority.${name}`,
      ];
    return [];
  });
  if (adopt.serviceAccount !== false && authority.serviceAccount !== undefined)
    problems.push("adopt.serviceAccount: given, and authority.serviceAccount too; allowed is one of them");
  return problems;
};
