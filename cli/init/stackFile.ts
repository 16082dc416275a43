/** The stack file of a Pulumi project: where it belongs, and what one that is there says. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { isMap, parse, parseDocument } from "yaml";
import type { Raw } from "../../core/init/checked";
import { SCHEMA_FILE } from "../../core/init/text";
import { AUTHORITIES } from "../../core/model/authorities";
import { SECRET_PATHS } from "../../core/schema/jsonSchema";
import { pathText } from "../../core/config/problems";
import { Failure } from "../failure";

const NAMESPACE = "kube-pki:";

const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

/** As Pulumi takes the name of a stack, without an organization. */
export const isStackName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(name);

const projectFile = (from: string): string => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = ["Pulumi.yaml", "Pulumi.yml"].map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(folder) === folder)
      throw new Failure(`no Pulumi.yaml in ${resolve(from)} or above; run this in the project's folder, or give --cwd`);
  }
};

export interface StackPlace {
  readonly path: string;
  /** Folder of the project. */
  readonly project: string;
  /** As it is shown. */
  readonly shown: string;
  /** What is there now. */
  readonly text?: string;
  /** Whether that says anything of a cluster: `pulumi stack init` leaves a file that does not. */
  readonly exists: boolean;
}

const isOurs = (text: string): boolean => {
  const file = parse(text) as unknown;
  return isRaw(file) && isRaw(file["config"]) && Object.keys(file["config"]).some((key) => key.startsWith(NAMESPACE));
};

/** A stack file with all that is there already: how its secrets are encrypted, and what belongs to other namespaces. */
const mergedText = (made: string, { text = "" }: Pick<StackPlace, "text">): string => {
  const before = parseDocument(text).contents;
  const document = parseDocument(made);
  const config = document.get("config");
  if (!isMap(before) || !isMap(document.contents) || !isMap(config)) return made;
  const others = before.items.filter(({ key }) => String(key) !== "config");
  const beside = before.get("config");
  document.contents.items.unshift(...others);
  if (isMap(beside)) config.items.unshift(...(beside.items as typeof config.items));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
};

export const stackPlace = (stack: string, cwd = process.cwd()): StackPlace => {
  const project = projectFile(cwd);
  const settings = parse(readFileSync(project, "utf8")) as {
    readonly stackConfigDir?: unknown;
    readonly config?: unknown;
  };
  // `config` named the folder before (pulumi/pulumi sdk/go/common/workspace/project.go)
  const folder =
    [settings.stackConfigDir, settings.config].find((each): each is string => typeof each === "string") ?? "";
  const path = join(dirname(project), folder, `Pulumi.${stack}.yaml`);
  const found = { path, project: dirname(project), shown: relative(process.cwd(), path) || path };
  if (!existsSync(path)) return { ...found, exists: false };
  const text = readFileSync(path, "utf8");
  return { ...found, text, exists: isOurs(text) };
};

/** In the package as in a clone (tools/build.sh). */
const SCHEMA = join(__dirname, "..", "..", "stacks", SCHEMA_FILE);

/** The schema as seen from the stack file, where the project has it: in a package that it installed, or as its own. */
export const schemaOf = ({ path, project }: Pick<StackPlace, "path" | "project">, schema = SCHEMA): string =>
  schema.startsWith(`${project}${sep}`) ? relative(dirname(path), schema) : basename(schema);

/** Never over one that has come in the meantime. */
export const writeText = (place: StackPlace, text: string): void => {
  mkdirSync(dirname(place.path), { recursive: true }); // a stackConfigDir that is still empty is in no git
  if (place.text === undefined) writeFileSync(place.path, text, { flag: "wx" });
  else writeFileSync(place.path, mergedText(text, place));
};

const isEncrypted = (value: unknown): boolean =>
  isRaw(value) && typeof value["secure"] === "string" && Object.keys(value).length === 1;

/** The paths of encrypted values, as the schema knows them. */
const secretsIn = (raw: Raw): string[] =>
  SECRET_PATHS.filter((path) =>
    isEncrypted(path.reduce<unknown>((at, key) => (isRaw(at) ? at[String(key)] : undefined), raw)),
  ).map(pathText);

const withoutSecrets = (value: unknown): unknown =>
  isRaw(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, inner]) => !isEncrypted(inner))
          .map(([key, inner]) => [key, withoutSecrets(inner)]),
      )
    : value;

/** Keys that belong to a certificate which is there, and have not been set. */
const unsetIn = (raw: Raw): string[] => {
  const authority = isRaw(raw["authority"]) ? raw["authority"] : {};
  return AUTHORITIES.flatMap((name) => {
    const ca = authority[name];
    return isRaw(ca) && ca["certificate"] !== undefined && ca["key"] === undefined
      ? [pathText(["authority", name, "key"])]
      : [];
  });
};

export interface StackContent {
  readonly raw: Raw;
  /** Where it has a secret: "authority.etcd.key". */
  readonly secrets: readonly string[];
  /** Where one is missing. */
  readonly unset: readonly string[];
}

export const stackContent = ({ path, shown }: StackPlace): StackContent => {
  const file = parse(readFileSync(path, "utf8")) as unknown;
  const config = isRaw(file) && isRaw(file["config"]) ? file["config"] : {};
  const own = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith(NAMESPACE) ? [[key.slice(NAMESPACE.length), value] as const] : [],
  );
  const hidden = own.find(([, value]) => isEncrypted(value))?.[0];
  if (hidden !== undefined)
    throw new Failure(`${shown}: ${NAMESPACE}${hidden} is encrypted as a whole, so it cannot be compared`);
  const raw = Object.fromEntries(own);
  return { raw: withoutSecrets(raw) as Raw, secrets: secretsIn(raw), unset: unsetIn(raw) };
};
