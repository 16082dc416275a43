/** Completion for bash, from the table of commands. Runs in bash 3.2 (macOS) too. */
import type { CommandSpec, Named, Offer, Option } from "../spec";
import { hasVerbs, named } from "../spec";
import { quoted, STACK_FILES } from "./quoted";

/** What each kind of value runs; `$cur` is what is typed so far. */
const OFFERS: Readonly<Record<Extract<Offer, string>, string>> = {
  files: 'compopt -o filenames 2>/dev/null; _kube_pki_lines "$(compgen -f -- "$cur")"',
  folders: 'compopt -o filenames 2>/dev/null; _kube_pki_lines "$(compgen -d -- "$cur")"',
  stacks: '_kube_pki_lines "$(compgen -W "$(_kube_pki_stacks)" -- "$cur")"',
};

const words = (list: readonly string[]): string =>
  `_kube_pki_lines "$(compgen -W ${quoted(list.join(" "))} -- "$cur")"`;

const offered = (offers: Offer | undefined): string =>
  offers === undefined ? ":" : typeof offers === "string" ? OFFERS[offers] : words(offers);

const flags = (name: string, { short }: Option): string[] => [
  `--${name}`,
  ...(short === undefined ? [] : [`-${short}`]),
];

const row = (patterns: readonly string[], does: string): string =>
  `    ${patterns.map(quoted).join(" | ")}) ${does} ;;`;

/** What follows an option that takes a value. */
const valueRows = ({ words: command, spec }: Named): string[] =>
  Object.entries(spec.options)
    .filter(([, { type }]) => type === "string")
    .map(([name, option]) =>
      row(
        flags(name, option).map((flag) => `${command} ${flag}`),
        `${offered(option.offers)}; return`,
      ),
    );

const wordRow = ({ words: command, spec }: Named): string => {
  const options = [...Object.entries(spec.options).flatMap(([name, option]) => flags(name, option)), "--help"];
  return row([command], `case $cur in -*) ${words(options)} ;; *) ${offered(spec.offers)} ;; esac`);
};

const nextWordRows = (commands: Readonly<Record<string, CommandSpec>>): string[] => [
  row([""], words([...Object.keys(commands), "help", "--help", "--version"])),
  row(["help"], words(Object.keys(commands))),
  ...Object.entries(commands).flatMap(([name, spec]) =>
    hasVerbs(spec) ? [row([name], words([...Object.keys(spec.verbs), "--help"]))] : [],
  ),
];

export const bashCompletion = (commands: Readonly<Record<string, CommandSpec>>): string => {
  const all = named(commands);
  const known = [...new Set([...Object.keys(commands), "help"])].map((name) => ` ${name}`);
  const verbs = all.filter(({ words: command }) => command.includes(" ")).map(({ words: command }) => command);
  return `# bash completion for kube-pki: eval "$(kube-pki completion bash)" in ~/.bashrc, or this text as
# ~/.local/share/bash-completion/completions/kube-pki
_kube_pki_stacks() {
  local file
  for file in ${STACK_FILES}; do
    [ -e "$file" ] || continue
    file=\${file##*/Pulumi.}
    file=\${file#Pulumi.}
    printf '%s\\n' "\${file%.yaml}"
  done
}
_kube_pki_lines() {
  local line
  while IFS= read -r line; do
    [ -z "$line" ] || COMPREPLY[\${#COMPREPLY[@]}]=$line
  done <<<"$1"
}
_kube_pki() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command= i
  COMPREPLY=()
  # --stack=prod comes as three words
  if [ "$cur" = = ]; then
    cur=
  elif [ "$prev" = = ]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
${row([...known, ...verbs], '[ -z "$command" ] && command=${COMP_WORDS[i]} || command="$command ${COMP_WORDS[i]}"')}
    esac
  done
  case "$command $prev" in
${all.flatMap(valueRows).join("\n")}
  esac
  case $command in
${[...nextWordRows(commands), ...all.map(wordRow)].join("\n")}
  esac
}
complete -F _kube_pki kube-pki
`;
};
