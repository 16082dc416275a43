/** The names in the certificates that an authority is to sign, for checks of CAs that may not sign for every name. */
import type { San } from "../../format/addresses";
import type { AuthorityName } from "../../model/authorities";
import { planCluster } from "../../plan";
import type { Config } from "../../schema/config";
import { SECTION_NAMES, type Sections } from "../../schema/sections";
import { normalised } from "../normalise";

const isComplete = (sections: Partial<Sections>): sections is Sections =>
  SECTION_NAMES.every((name) => name in sections);

/** What does not depend on generations: names, files, programs. Undefined where a section has problems of its own. */
export const withoutRotation = (sections: Partial<Sections>, now: Date): Config | undefined =>
  isComplete(sections) ? normalised({ ...sections, rotation: undefined }, now) : undefined;

export const plannedSans = (sections: Partial<Sections>, name: AuthorityName, now: Date): San[] => {
  const config = withoutRotation(sections, now);
  if (config === undefined) return [];
  const { nodes, held } = planCluster(config, now);
  return [...nodes.flatMap(({ leaves }) => leaves), ...held].flatMap(({ authority, sans }) =>
    authority === name ? sans : [],
  );
};
