/** Whether the schema would take another value in one place, whatever else is wrong. */
import type { z } from "zod";
import type { Path } from "../schema/jsonSchema";
import { SECTIONS, type SectionName } from "../schema/sections";
import { wordless } from "./wordless";

/** Of a field that takes one value or a list, only the problems inside the list that was given. */
export function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0));
  return inside?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** Every problem of a section. */
export const issuesOf = (section: SectionName, value: unknown): z.core.$ZodIssue[] => {
  const result = SECTIONS[section].safeParse(value, { error: wordless });
  return result.success ? [] : result.error.issues.flatMap(innermost);
};

/** @param path of the place, the section first; a list around it is as if the place were its first */
export const accepts = (path: Path, candidate: unknown): boolean => {
  const [section, ...steps] = path.map((key) => (typeof key === "number" ? 0 : key));
  const wrapped = steps.reduceRight<unknown>((inner, key) => (key === 0 ? [inner] : { [key]: inner }), candidate);
  return issuesOf(section as SectionName, wrapped).every(({ path: at }) =>
    at.slice(0, steps.length).some((key, index) => key !== steps[index]),
  );
};
