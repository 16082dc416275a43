/** What a value must be where the schema says only its kind: in place of the words of the schema library. */
import type { z } from "zod";

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false, without quotes",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Messages of the schema's own fields go before these. */
export const wordless = (issue: z.core.$ZodRawIssue): string =>
  issue.code === "invalid_type" ? (KINDS[issue.expected] ?? "another value") : "another value";
