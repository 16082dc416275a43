/** The stack files of examples/. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const EXAMPLES = join(__dirname, "..", "..", "examples");

type Settings = Readonly<Record<string, unknown>>;

/** Folder and file of each. */
export const stackFilesOf = (): readonly (readonly [example: string, file: string])[] =>
  readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" }).flatMap((path) => {
    const [example = "", file = ""] = path.split("/");
    return /^Pulumi\.[\w-]+\.yaml$/.test(file) ? [[example, file] as const] : [];
  });

const configIn = (path: string): Settings =>
  (parse(readFileSync(path, "utf8")) as { readonly config?: Settings }).config ?? {};

/** What a project says for all its stacks. */
export const sharedIn = (example: string): Settings => {
  const path = join(EXAMPLES, example, "Pulumi.yaml");
  const shared = existsSync(path) ? (configIn(path) as Readonly<Record<string, { readonly value?: unknown }>>) : {};
  return Object.fromEntries(Object.entries(shared).map(([key, { value }]) => [key, value]));
};

/** By key with its namespace: of the stack, and of the project where that has none. */
export const settingsOf = (example: string, file: string): Settings => ({
  ...sharedIn(example),
  ...configIn(join(EXAMPLES, example, file)),
});

/** As the engine gives them to a program. */
export const textsOf = (settings: Settings): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );

/** The commands in the comments before the settings, that have to be run before the first run. */
export const commandsIn = (example: string, file: string): string[] =>
  [...readFileSync(join(EXAMPLES, example, file), "utf8").matchAll(/^# {3}(ssh .*)$/gm)].map(([, line = ""]) => line);
