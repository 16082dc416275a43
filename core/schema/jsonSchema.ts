/** The configuration as it is written, as JSON schema. */
import { z } from "zod";
import { CONFIG_SCHEMA } from "./sections";

/** Where something stands in it: "nodes", 2, "ssh", "port". */
export type Path = readonly PropertyKey[];

/** The parts of a JSON schema that are read here: which keys there are, and what each holds. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** Of an object whose keys are free. */
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  /** What an editor says where the pattern does not match: in the words of our own messages. */
  readonly patternErrorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** One of these. */
  readonly anyOf?: readonly JsonSchema[];
  /** Our own mark on a private key. */
  readonly secret?: boolean;
  /** Our own mark on what a program may know only while it runs. */
  readonly input?: boolean;
}

/** Draft 2020-12. Made once: it takes longer than all the rest of reading a stack file. */
export const CONFIG_JSON_SCHEMA = z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }) as JsonSchema;

/** What stands at a path, in whichever form that has it; nothing where nothing may. */
export const schemaAt = (path: Path, schema: JsonSchema = CONFIG_JSON_SCHEMA): JsonSchema | undefined => {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const { items, properties = {}, additionalProperties: every, anyOf = [] } = schema;
  const next =
    typeof key === "number" ? items : (properties[String(key)] ?? (typeof every === "object" ? every : undefined));
  if (next !== undefined) return schemaAt(rest, next);
  return anyOf.map((each) => schemaAt(path, each)).find((each) => each !== undefined);
};

const secretsIn = (schema: JsonSchema, path: Path): Path[] =>
  schema.secret === true
    ? [path]
    : Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => secretsIn(inner, [...path, key]));

/** Where private keys are written, as the schema marks them; none of them stands in a list. */
export const SECRET_PATHS: readonly Path[] = secretsIn(CONFIG_JSON_SCHEMA, []);

/** Whether what stands there is a private key. */
export const isSecretPath = (path: Path): boolean =>
  SECRET_PATHS.some((secret) => secret.length === path.length && secret.every((key, index) => key === path[index]));
