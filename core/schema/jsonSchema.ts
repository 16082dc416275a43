/** The configuration as it is written, as JSON schema. */
import { z } from "zod";
import { CONFIG_SCHEMA } from "./sections";

/** The configuration as it is written, as JSON schema (draft 2020-12). */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }) as JsonSchema;
}

/** Where private keys are written, as the schema marks them. */
export function secretPaths(schema: JsonSchema = configJsonSchema(), path: Path = []): Path[] {
  if (schema.secret === true) return [path];
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => secretPaths(inner, [...path, key]));
}

export type Path = readonly PropertyKey[];

/** The parts of a JSON schema that say which keys there are. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  /** One of these. */
  readonly anyOf?: readonly JsonSchema[];
  /** Our own mark on a private key. */
  readonly secret?: boolean;
}
