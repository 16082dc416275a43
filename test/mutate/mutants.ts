/** Everything that is made wrong, from the lists in targets.ts: what a list names and nobody has any more is an error. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { changesIn } from "./operators";
import type { Row, Same, Target } from "./targets";

export const ROOT = resolve(__dirname, "..", "..");

export interface Mutant {
  readonly group: string;
  /** `file:line`, or nowhere in particular. */
  readonly where: string;
  /** What is done there. */
  readonly what: string;
  /** New texts by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths. */
  readonly tests: readonly string[];
  /** Nothing can notice it. */
  readonly isEquivalent: boolean;
}

export const nameOf = ({ group, where, what }: Mutant): string => `${group}: ${where} ${what}`;

export const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The file, or all of the folder. */
const filesIn = (path: string): string[] =>
  path.endsWith("/")
    ? readdirSync(join(ROOT, path), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .sort()
        .map((name) => path + name)
    : [path];

interface Lists {
  readonly targets: readonly Target[];
  readonly rows: readonly Row[];
  readonly equivalent: readonly Same[];
}

/** @throws Error with all that the lists name and nobody has: a file, a text, a name */
export const mutantsOf = ({ targets, rows, equivalent }: Lists): Mutant[] => {
  const problems: string[] = [];
  const isThere = (path: string, of: string): boolean => {
    const found = existsSync(join(ROOT, path));
    if (!found) problems.push(`${of}: no file ${path}`);
    return found;
  };
  const testsOf = (names: readonly string[], of: string): string[] =>
    names.map((name) => `test/${name}.test.ts`).filter((path) => isThere(path, of));
  const used = new Set<Same>();
  const isEquivalent = (where: string, what: string): boolean => {
    const found = equivalent.filter(([file, change]) => where.startsWith(`${file}:`) && change.test(what));
    for (const each of found) used.add(each);
    return found.length > 0;
  };

  const ofRow = ({ name, edits, tests }: Row): Mutant => {
    const files = new Map<string, string>();
    for (const [path, find, put] of edits) {
      if (!isThere(path, name)) continue;
      const text = files.get(path) ?? textOf(path);
      if (!text.includes(find)) problems.push(`${name}: ${path} has no text ${JSON.stringify(find)}`);
      files.set(
        path,
        text.replace(find, () => put),
      );
    }
    return { group: "rows", where: "", what: name, files, tests: testsOf(tests, name), isEquivalent: false };
  };

  const ofTarget = ({ group, files, operators, names = [], tests }: Target): Mutant[] => {
    const testPaths = testsOf(tests, group);
    const met = new Set<string | undefined>();
    const found = files
      .filter((path) => isThere(path, group))
      .flatMap(filesIn)
      .flatMap((path) => {
        const text = textOf(path);
        const changes = changesIn(path, text, operators);
        if (changes.length === 0 && files.includes(path)) problems.push(`${group}: nothing to make wrong in ${path}`);
        return changes.map(({ start, end, put, what: said, name }): Mutant => {
          met.add(name);
          const what = said.replace(/\s+/g, " ");
          const where = `${path}:${String(text.slice(0, start).split("\n").length)}`;
          const changed = new Map([[path, text.slice(0, start) + put + text.slice(end)]]);
          return { group, where, what, files: changed, tests: testPaths, isEquivalent: isEquivalent(where, what) };
        });
      });
    for (const name of names) if (!met.has(name)) problems.push(`${group}: no file has ${name}`);
    return found;
  };

  const all = [...rows.map(ofRow), ...targets.flatMap(ofTarget)];
  for (const each of equivalent)
    if (!used.has(each)) problems.push(`EQUIVALENT: nothing in ${each[0]} is ${String(each[1])}`);
  if (problems.length > 0) throw new Error(`test/mutate/targets.ts is out of date\n${problems.join("\n")}`);
  return all;
};
