/** What there is to name: commands, fields of the stack file. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "..", "..");

let commands: readonly string[] | undefined;

/** Those that `kube-pki help` explains. */
export const kubePkiCommands = (): readonly string[] => {
  if (commands !== undefined) return commands;
  const { stdout } = spawnSync(process.execPath, [join(ROOT, "cli", "kube-pki"), "help"], { encoding: "utf8" });
  commands = [...new Set([...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name = ""]) => name))];
  return commands;
};

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const schema = JSON.parse(readFileSync(join(ROOT, "stacks", "kube-pki.schema.json"), "utf8")) as Schema;

const step = (at: Schema, name: string): readonly Schema[] => {
  const own = at.properties?.[name];
  const any = typeof at.additionalProperties === "object" ? [at.additionalProperties] : [];
  const further = [...(at.anyOf ?? []), ...(at.oneOf ?? []), ...(at.items === undefined ? [] : [at.items])];
  return [...(own === undefined ? any : [own]), ...further.flatMap((each) => step(each, name))];
};

/** Whether the stack file has a field of this path. */
export const isField = (path: string): boolean => {
  const [section = "", ...rest] = path.replaceAll("[]", "").split(".");
  const known = step(configOf(schema), `kube-pki:${section}`);
  return rest.reduce<readonly Schema[]>((all, name) => all.flatMap((each) => step(each, name)), known).length > 0;
};

const configOf = ({ properties }: Schema): Schema => properties?.["config"] ?? {};
