/** The names in the certificates that an authority is to sign, for checks of CAs that may not sign for every name. */
import type { San } from "../../format/addresses";
import type { AuthorityName } from "../../model/authorities";
import { planCluster } from "../../plan";
import { SECTION_NAMES, type Sections } from "../../schema/sections";
import { normalised } from "../normalise";

const isComplete = (sections: Partial<Sections>): sections is Sections =>
  SECTION_NAMES.every((name) => name in sections);

/** None where a section has problems of its own. Names do not depend on generations, so rotations are left out. */
export const plannedSans = (sections: Partial<Sections>, name: AuthorityName, now: Date): San[] =>
  isComplete(sections)
    ? planCluster(normalised({ ...sections, rotation: undefined }, now), now)
        .nodes.flatMap(({ leaves }) => leaves)
        .flatMap(({ authority, sans }) => (authority === name ? sans : []))
    : [];
