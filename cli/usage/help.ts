/** What `--help` prints: one command, or all in one line each. */
import { EXIT_TEXTS, hasVerbs, named, optionLabel, synopsis, type CommandSpec, type Named } from "./spec";

const WIDTH = 100;
const LABEL = 24;

/** Breaks a text between words. */
const wrapped = (text: string, width: number): string[] =>
  text.split(" ").reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) return [...lines, word];
    return [...lines.slice(0, -1), `${last} ${word}`];
  }, []);

const sentence = (summary: string): string => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

/** A label and its text beside it, or below it where the label is long. */
const entry = (label: string, text: string, width = LABEL): string[] => {
  const [first = "", ...rest] = wrapped(text, WIDTH - width - 4);
  const indented = (line: string) => `${" ".repeat(width + 4)}${line}`;
  const begins = label.length > width ? [`  ${label}`, indented(first)] : [`  ${label.padEnd(width)}  ${first}`];
  return [...begins, ...rest.map(indented)];
};

const HELP_OPTION = entry("-h, --help", "print this");

const optionLines = ({ spec }: Named): string[] => [
  ...Object.entries(spec.options).flatMap(([name, option]) => entry(optionLabel(name, option), option.text)),
  ...(spec.handsOn === undefined ? [] : entry("OPTION...", `those of \`${spec.handsOn}\``)),
  ...HELP_OPTION,
];

/** Of one command. */
export const commandHelp = (of: Named): string => {
  const { spec } = of;
  const examples = spec.examples.flatMap(([line, what]) => [`  kube-pki ${line}`, `      ${what}`]);
  return [
    `usage: kube-pki ${synopsis(of)}`,
    "",
    ...wrapped(sentence(spec.summary), WIDTH),
    ...(spec.text === undefined ? [] : ["", ...wrapped(spec.text, WIDTH)]),
    "",
    "options:",
    ...optionLines(of),
    ...(examples.length === 0 ? [] : ["", "examples:", ...examples]),
    ...(spec.page === undefined ? [] : ["", `more: docs/${spec.page}`]),
    "",
  ].join("\n");
};

/** Of all verbs of a command, or of the one. */
export const helpOf = (name: string, spec: CommandSpec): string =>
  hasVerbs(spec)
    ? [
        `usage: kube-pki ${name} ${Object.keys(spec.verbs).join("|")} [OPTION...]`,
        "",
        sentence(spec.summary),
        "",
        ...named({ [name]: spec }).flatMap((of) => entry(of.words.slice(name.length + 1), of.spec.summary, 12)),
        "",
        `\`kube-pki ${name} ${Object.keys(spec.verbs)[0] ?? ""} --help\` has the options of one.`,
        "",
      ].join("\n")
    : commandHelp({ words: name, spec });

/** Of all commands. */
export const overview = (commands: Readonly<Record<string, CommandSpec>>): string =>
  [
    "usage: kube-pki COMMAND [OPTION...]",
    "",
    "The PKI of a self-managed Kubernetes cluster, as a Pulumi stack.",
    "",
    "commands:",
    ...Object.entries(commands).flatMap(([name, { summary }]) => entry(name, summary, 12)),
    "",
    "options:",
    ...entry("-h, --help", "print this, or with a command its options and examples", 12),
    ...entry("--version", "print the version", 12),
    "",
    "exit codes:",
    ...EXIT_TEXTS.flatMap(([code, text]) => entry(String(code), text, 12)),
    "",
  ].join("\n");
