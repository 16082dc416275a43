/** `kube-pki completion SHELL`: what a shell needs to complete commands, options and their values. */
import { EXIT, Failure, type Exit } from "./failure";
import { oneOf, parsedWithHosts } from "./options";
import { bashCompletion } from "./usage/shells/bash";
import { fishCompletion } from "./usage/shells/fish";
import { zshCompletion } from "./usage/shells/zsh";
import type { CommandSpec, Spec } from "./usage/spec";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const NAMES = Object.keys(SHELLS) as (keyof typeof SHELLS)[];

export const SPEC: Spec = {
  summary: "what bash, zsh or fish needs to complete commands, options and stacks",
  args: "SHELL",
  offers: NAMES,
  text: `SHELL is one of ${NAMES.join(", ")}. The first lines of what is printed say where it belongs.`,
  options: {},
  examples: [
    ["completion bash", 'in ~/.bashrc: eval "$(kube-pki completion bash)"'],
    ["completion zsh", "in ~/.zshrc, behind compinit: source <(kube-pki completion zsh)"],
    ["completion fish >~/.config/fish/completions/kube-pki.fish", "once, for fish"],
  ],
};

export const commandOf =
  (all: () => Readonly<Record<string, CommandSpec>>) =>
  (args: readonly string[]): Promise<Exit> => {
    const [shell, ...more] = parsedWithHosts(args, SPEC.options).hosts;
    if (shell === undefined || more.length > 0) throw new Failure(`completion takes one of ${NAMES.join(", ")}`);
    process.stdout.write(SHELLS[oneOf("completion", shell, NAMES)](all()));
    return Promise.resolve(EXIT.fine);
  };
