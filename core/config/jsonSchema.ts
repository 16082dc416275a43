import { z } from "zod";
import type { JsonSchema } from "./problems";
import { CONFIG_SCHEMA } from "./schema";

/** The configuration as it is written, as JSON schema (draft 2020-12). */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }) as JsonSchema;
}
