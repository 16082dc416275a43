/** `kube-pki man`: the man page, where npm has put it in no place that man knows. */
import { EXIT, type Exit } from "./failure";
import { parsedOptions } from "./options";
import { manPage } from "./usage/manPage";
import type { CommandSpec, Spec } from "./usage/spec";
import { version } from "./usage/version";

export const SPEC: Spec = {
  summary: "the man page, as man reads it",
  options: {},
  examples: [["man | man -l -", "read it; `npm install --global` puts it where man finds it"]],
};

export const commandOf =
  (all: () => Readonly<Record<string, CommandSpec>>) =>
  (args: readonly string[]): Promise<Exit> => {
    parsedOptions(args, SPEC.options);
    process.stdout.write(manPage(all(), version()));
    return Promise.resolve(EXIT.fine);
  };
