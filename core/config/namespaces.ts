/** Keys of the stack file that were meant for kube-pki and are under another name. */
import { SECTION_NAMES } from "../schema/sections";
import { slips } from "../format/spelling";

const SECTIONS: ReadonlySet<string> = new Set(SECTION_NAMES);

/** Of a longer word two may be wrong. */
const MOST_SLIPS = 2;

/**
 * One sentence for each: a namespace that is nearly ours, or any, such as that of the project, where there is no key in ours.
 *
 * @param all the configuration of a stack (`pulumi.runtime.allConfig()`)
 */
export const strayKeys = (all: Readonly<Record<string, string>>, namespace: string): string[] => {
  const names = Object.keys(all);
  const isEmpty = !names.some((name) => name.startsWith(`${namespace}:`));
  return names.flatMap((name) => {
    const [, other = "", key = ""] = /^([^:]*):(.*)$/.exec(name) ?? [];
    if (other === namespace || !SECTIONS.has(key) || all[`${namespace}:${key}`] !== undefined) return [];
    return isEmpty || slips(other, namespace) <= MOST_SLIPS
      ? [`${name}: unknown key \`${name}\`; did you mean \`${namespace}:${key}\`?`]
      : [];
  });
};
