/** Keys of the stack file that the schema does not know. */
import type { Path, JsonSchema } from "../schema/jsonSchema";
import { isLate } from "./inputs";
import { keyHint } from "./keyHint";
import { pathText } from "./problems";

export interface UnknownKey {
  readonly path: Path;
  readonly problem: string;
}

/** Of what takes one of several forms the one that a value of this kind is read by. */
const branch = (schema: JsonSchema, has: (each: JsonSchema) => boolean): JsonSchema | undefined =>
  [schema, ...(schema.anyOf ?? [])].find(has);

/** Every key the schema does not know, with what was meant by it. Looks through everything, whatever else is wrong. */
export function unknownKeys(value: unknown, schema: JsonSchema, path: Path = []): UnknownKey[] {
  if (Array.isArray(value)) {
    const items = branch(schema, (each) => each.items !== undefined)?.items;
    return items === undefined ? [] : value.flatMap((item, index) => unknownKeys(item, items, [...path, index]));
  }
  if (typeof value !== "object" || value === null || isLate(value)) return [];
  const { properties, additionalProperties: every } =
    branch(schema, (each) => each.properties !== undefined || typeof each.additionalProperties === "object") ?? schema;
  if (properties === undefined)
    return typeof every === "object"
      ? Object.entries(value).flatMap(([key, inner]) => unknownKeys(inner, every, [...path, key]))
      : [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([key, inner]) => {
    const next = properties[key];
    if (next !== undefined && known.includes(key)) return unknownKeys(inner, next, [...path, key]);
    const where = path.length === 0 ? "" : `${pathText(path)}: `;
    return [{ path: [...path, key], problem: `${where}unknown key \`${key}\`; ${keyHint(key, known, path)}` }];
  });
}

/** A copy without the values at these paths, so that one unknown key does not hide what else is wrong. */
export function without(value: unknown, paths: readonly Path[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const inner = (key: PropertyKey) => paths.filter(([first]) => first === key).map((path) => path.slice(1));
  if (Array.isArray(value)) return value.map((item: unknown, index) => without(item, inner(index)));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !inner(key).some((rest) => rest.length === 0))
      .map(([key, item]) => [key, without(item, inner(key))]),
  );
}
