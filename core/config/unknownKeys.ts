/** Keys of the stack file that the schema does not know. */
import { nearest } from "../format/spelling";
import type { Path, JsonSchema } from "../schema/jsonSchema";
import { isLate } from "./inputs";
import { pathText } from "./problems";

export interface UnknownKey {
  readonly path: Path;
  readonly problem: string;
}

/** Every key the schema does not know, with the nearest one it knows. Looks through everything, whatever else is wrong. */
export function unknownKeys(value: unknown, schema: JsonSchema, path: Path = []): UnknownKey[] {
  if (Array.isArray(value)) {
    const { items } = [schema, ...(schema.anyOf ?? [])].find((each) => each.items !== undefined) ?? schema;
    return items === undefined ? [] : value.flatMap((item, index) => unknownKeys(item, items, [...path, index]));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null || isLate(value)) return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([key, inner]) => {
    const next = properties[key];
    if (next !== undefined && known.includes(key)) return unknownKeys(inner, next, [...path, key]);
    const guess = nearest(key, known);
    const hint = guess === undefined ? `must be one of ${known.join(", ")}` : `did you mean \`${guess}\`?`;
    const where = path.length === 0 ? "" : `${pathText(path)}: `;
    return [{ path: [...path, key], problem: `${where}unknown key \`${key}\`; ${hint}` }];
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
