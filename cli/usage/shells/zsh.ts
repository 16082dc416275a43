/** Completion for zsh, from the table of commands: its own `_arguments` does the work. */
import { hasVerbs, placeholder, type CommandSpec, type Offer, type Option, type Spec } from "../spec";
import { quoted, STACK_FILES } from "./quoted";

const OFFERS: Readonly<Record<Extract<Offer, string>, string>> = {
  files: "_files",
  folders: "_files -/",
  stacks: "_kube_pki_stacks",
};

/** What `_arguments` reads as its own is not text: `[`, `]` and `:`. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");

const offered = (offers: Offer | undefined): string =>
  offers === undefined ? "()" : typeof offers === "string" ? OFFERS[offers] : `(${offers.join(" ")})`;

/** `'(-s --stack)'{-s,--stack}'[the stack]:STACK:_kube_pki_stacks'` */
const optionWord = (name: string, option: Option): string => {
  const { short, multiple = false } = option;
  const value = placeholder(option);
  const says = `[${plain(option.text)}]${value === undefined ? "" : `:${value}:${offered(option.offers)}`}`;
  const repeated = multiple ? "*" : "";
  if (short === undefined) return quoted(`${repeated}--${name}${value === undefined ? "" : "="}${says}`);
  const alone = multiple ? quoted("*") : quoted(`(-${short} --${name})`);
  return `${alone}{-${short},--${name}${value === undefined ? "" : "="}}${quoted(says)}`;
};

const argumentLines = (spec: Spec): string => {
  const rest = spec.args === undefined ? [] : [quoted(`*:${plain(spec.args)}:${offered(spec.offers)}`)];
  const options = Object.entries(spec.options).map(([name, option]) => optionWord(name, option));
  return ["_arguments -s", ...options, quoted("(- *)--help[print help]"), ...rest].join(" \\\n          ");
};

const described = (entries: readonly (readonly [word: string, summary: string])[]): string =>
  entries.map(([word, summary]) => `      ${quoted(`${word}:${summary.replaceAll(":", "\\:")}`)}`).join("\n");

const commandCase = ([name, spec]: readonly [string, CommandSpec]): string =>
  hasVerbs(spec)
    ? `    ${name})
      if ((CURRENT == 2)); then
        local -a verbs=(
${described(Object.entries(spec.verbs).map(([verb, { summary }]) => [verb, summary]))}
        )
        _describe verb verbs
        return
      fi
      shift words
      ((CURRENT--))
      case $words[1] in
${Object.entries(spec.verbs)
  .map(([verb, own]) => `        ${verb}) ${argumentLines(own)} ;;`)
  .join("\n")}
      esac
      ;;`
    : `    ${name}) ${argumentLines(spec)} ;;`;

export const zshCompletion = (commands: Readonly<Record<string, CommandSpec>>): string => `#compdef kube-pki
# zsh completion for kube-pki: source <(kube-pki completion zsh) in ~/.zshrc behind compinit, or this text as _kube-pki in a
# folder of $fpath
_kube_pki_stacks() {
  local -a stacks=(\${^=:-${STACK_FILES}}(N:t))
  stacks=(\${\${stacks#Pulumi.}%.yaml})
  compadd -a stacks
}
_kube-pki() {
  if ((CURRENT == 2)); then
    local -a commands=(
${described([
  ...Object.entries(commands).map(([name, { summary }]) => [name, summary] as const),
  ["help", "all commands, or one"],
])}
      '--version:print the version'
    )
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${Object.entries(commands).map(commandCase).join("\n")}
    help) compadd ${Object.keys(commands).join(" ")} ;;
  esac
}
if [ "$funcstack[1]" = _kube-pki ]; then
  _kube-pki "$@"
else
  compdef _kube-pki kube-pki
fi
`;
