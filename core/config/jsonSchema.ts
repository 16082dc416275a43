import { z } from "zod";
import type { JsonSchema, Path } from "./problems";
import { CONFIG_SCHEMA } from "./schema";

/** The configuration as it is written, as JSON schema (draft 2020-12). */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }) as JsonSchema;
}

/** Where private keys are written, as the schema marks them. */
export function secretPaths(schema: JsonSchema = configJsonSchema(), path: Path = []): Path[] {
  if (schema.secret === true) return [path];
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => secretPaths(inner, [...path, key]));
}
