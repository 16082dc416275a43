/** What the project's pages say, as far as it can be checked: tables, links, commands, fields of the stack file. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { SECTION_NAMES } from "../../core/schema/sections";

/** The rows of all tables, each as its cells, without the rows of dashes. */
export const tablesIn = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[ :|-]+\|$/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replace(/\s/g, "-");

const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

/** What links lead to, without those to other sites and within the page: paths as they are written. */
export const linkedFiles = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    const [path = ""] = target.split("#");
    return path === "" || /^https?:/.test(target) ? [] : [path];
  });

/** Links to files and headings that are not there; those to other sites are not asked. */
export const brokenLinks = (text: string, folder: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^https?:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file = join(folder, path);
    if (path !== "" && !existsSync(file)) return [target];
    if (anchor === undefined || path === "" || statSync(file).isDirectory()) return [];
    return anchorsOf(file).includes(anchor) ? [] : [target];
  });

export const codeIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);

/** The lines of blocks that somebody copies into a shell. */
export const shellLinesIn = (text: string): string[] =>
  [...text.matchAll(/^```(?:sh|bash|console)\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) => block.split("\n"));

/** Whether a line runs the command of the package by its bare name, which is found only where it is on PATH. */
export const runsBareCommand = (line: string): boolean =>
  /(?:^|[|&;(]\s*|\bsudo (?:env "PATH=\$PATH" )?)kube-pki (?!\d)/.test(line);

/** Names of commands of kube-pki. */
export const commandsIn = (text: string): string[] =>
  codeIn(text).flatMap((code) => /^(?:npx )?kube-pki ([a-z][a-z-]*)/.exec(code)?.[1] ?? []);

/** Paths into the stack file: `rollout.strategy`, `certificates.profiles`; a value behind a colon is left out. */
export const fieldsIn = (text: string): string[] =>
  codeIn(text).flatMap((code) => {
    const path = /^([a-z][A-Za-z]*(?:\[\])?(?:\.[a-z][A-Za-z]*)+)(?::.*)?$/.exec(code)?.[1];
    const [section] = (path ?? "").split(/[.[]/);
    const isSection = SECTION_NAMES.some((name) => name === section);
    // files of the repository are links, so that what is left begins with a section
    return path !== undefined && isSection && !existsSync(join(dirname(__dirname), "..", path)) ? [path] : [];
  });
