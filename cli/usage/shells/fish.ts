/** Completion for fish, from the table of commands. */
import { hasVerbs, named, type CommandSpec, type Named, type Offer, type Option } from "../spec";
import { quoted, STACK_FILES } from "./quoted";

const OFFERS: Readonly<Record<Extract<Offer, string>, string>> = {
  files: "-F",
  folders: "-a '(__fish_complete_directories)'",
  stacks: "-a '(__kube_pki_stacks)'",
};

const offered = (offers: Offer | undefined): string =>
  offers === undefined ? "" : typeof offers === "string" ? ` ${OFFERS[offers]}` : ` -a ${quoted(offers.join(" "))}`;

const complete = (condition: string, rest: string): string => `complete -c kube-pki -n ${quoted(condition)} ${rest}`;

const optionLine = (words: string, name: string, { short, type, offers, text }: Option): string =>
  complete(
    `__kube_pki_at ${words}`,
    `-l ${name}${short === undefined ? "" : ` -s ${short}`}${type === "string" ? ` -r${offered(offers)}` : ""} -d ${quoted(text)}`,
  );

const commandLines = ({ words, spec }: Named): string[] => [
  ...Object.entries(spec.options).map(([name, option]) => optionLine(words, name, option)),
  complete(`__kube_pki_at ${words}`, "-l help -s h -d 'print help'"),
  ...(spec.offers === undefined ? [] : [complete(`__kube_pki_only ${words}`, offered(spec.offers).trimStart())]),
];

const wordLine = (before: string, word: string, summary: string): string =>
  complete(`__kube_pki_only${before === "" ? "" : ` ${before}`}`, `-a ${word} -d ${quoted(summary)}`);

export const fishCompletion = (commands: Readonly<Record<string, CommandSpec>>): string =>
  [
    "# fish completion for kube-pki: this text as ~/.config/fish/completions/kube-pki.fish",
    "function __kube_pki_stacks",
    `    for file in ${STACK_FILES}`,
    "        string replace -r '^.*Pulumi\\.(.*)\\.yaml$' '$1' $file",
    "    end",
    "end",
    "function __kube_pki_only --description 'the words so far are these, without options'",
    '    test "$(string join -- \' \' (commandline -opc)[2..])" = "$argv"',
    "end",
    "function __kube_pki_at --description 'the words so far begin with these'",
    '    string match -q "$argv *" "$(string join -- \' \' (commandline -opc)[2..]) "',
    "end",
    "complete -c kube-pki -f",
    ...Object.entries(commands).flatMap(([name, spec]) => [
      wordLine("", name, spec.summary),
      wordLine("help", name, spec.summary),
      ...(hasVerbs(spec) ? Object.entries(spec.verbs).map(([verb, { summary }]) => wordLine(name, verb, summary)) : []),
    ]),
    wordLine("", "help", "all commands, or one"),
    complete("__kube_pki_only", "-l version -d 'print the version'"),
    ...named(commands).flatMap(commandLines),
    "",
  ].join("\n");
