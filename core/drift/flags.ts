/** Flags of running services that name other files than the stack writes, or lack what a rotation has given them. */
import { readText, strayReads } from "../init/layout";
import { componentOf, fileAt, optionOf } from "../init/visits";
import { layoutOf } from "../layouts";
import { rotationFlags } from "../protocol/rotationFlags";
import type { Change } from "./change";
import type { Texts } from "./texts";

/** Those that the step `trust` gives a service; only once it has. */
const lost = ({ plan, survey, config }: Texts): Change[] => {
  if (plan.signing === undefined || fileAt(survey, plan.signing.certificate)?.state !== "file") return [];
  return rotationFlags(plan.signing, config).flatMap(({ component, name, value }): Change[] => {
    if (componentOf(survey, component) === undefined || (optionOf(survey, component, name) ?? "") === value) return [];
    return [
      {
        text: `${component} runs without --${name}=${value}, which a rotation has given it`,
        by: ["trust"],
        leaves: [],
      },
    ];
  });
};

/** Nobody but a person can tell which of the two is meant. */
const stray = ({ plan, survey, config }: Texts): Change[] =>
  strayReads(survey, plan.files, layoutOf(config)).map(({ read, wanted }) => ({
    text: `${readText(read)}, and the stack writes ${wanted.join(" or ")}: start it with that path, or say so under \`files\``,
    by: [],
    leaves: [],
  }));

export const flagChanges = (node: Texts): Change[] => {
  const given = lost(node);
  // of a signing file that is named in place of another: the step mends that
  return given.length > 0 ? given : stray(node);
};
