/** Findings for people: one line each, those that several nodes share told once. */
import { URGENCIES, type Finding, type Urgency } from "./finding";
import { fewOf } from "./words";
import { unique } from "../format/unique";

interface Told extends Finding {
  readonly nodes: readonly string[];
}

const sameness = ({ check, urgency, text, remedy }: Finding): string => JSON.stringify([check, urgency, text, remedy]);

export const merged = (findings: readonly Finding[]): Told[] => {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) groups.set(sameness(finding), [...(groups.get(sameness(finding)) ?? []), finding]);
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    return first === undefined ? [] : [{ ...first, nodes: unique(all.map(({ node }) => node)) }];
  });
};

const lines = ({ nodes, text, remedy, check, source }: Told): string =>
  `  ${fewOf(nodes).join(", ")}: ${text}\n      ${remedy} [${check}${source === undefined ? "" : `, ${source}`}]\n`;

const count = (number: number, one: string, many = one): string => `${String(number)} ${number === 1 ? one : many}`;

const COUNTED: Readonly<Record<Urgency, (number: number) => string>> = {
  now: (number) => count(number, "now"),
  soon: (number) => count(number, "soon"),
  notice: (number) => count(number, "notice", "notices"),
};

/** @param looked how many nodes were looked at */
export function findingsText(findings: readonly Finding[], looked: number): string {
  const told = merged(findings);
  const of = (urgency: Urgency) => told.filter((each) => each.urgency === urgency);
  const groups = URGENCIES.filter((urgency) => of(urgency).length > 0);
  const body = groups.map((urgency) => `${urgency}\n${of(urgency).map(lines).join("")}\n`).join("");
  const counts = groups.map((urgency) => COUNTED[urgency](of(urgency).length)).join(", ");
  return `${body}${count(looked, "node", "nodes")} looked at: ${counts || "nothing found"}\n`;
}
