/** What to do about a map where a list is wanted, a list where a map is, and a value in place of fields. */
import type { JsonSchema } from "../schema/jsonSchema";

const isMap = (given: unknown): given is object => typeof given === "object" && given !== null && !Array.isArray(given);

const nameIn = (entry: unknown): string | undefined => {
  const name: unknown = isMap(entry) ? Reflect.get(entry, "name") : entry;
  return typeof name === "string" ? name : undefined;
};

/** As YAML has a key. */
const keyText = (name: string): string => (/^[\w./-]+$/.test(name) ? name : JSON.stringify(name));

const MOST_FIELDS = 12;
const LONGEST_NAME = 40;

interface Shape {
  readonly holds: (given: unknown, form: JsonSchema) => boolean;
  readonly say: (given: unknown, form: JsonSchema) => string | undefined;
  /** Only where it is the one form that the field takes. @default false */
  readonly ofField?: boolean;
}

const hasFields = ({ properties }: JsonSchema): boolean => properties !== undefined;

const SHAPES: readonly Shape[] = [
  {
    // `nodes: { cp1: { address: .. } }`
    holds: (given, { items }) =>
      isMap(given) &&
      items?.properties?.["name"] !== undefined &&
      !Object.keys(given).some((key) => items.properties?.[key] !== undefined),
    say: (given) => {
      const [name] = Object.keys(given as object);
      return name === undefined || name.length > LONGEST_NAME
        ? undefined
        : `it is a map, so write each of its entries as one of a list: - { name: ${keyText(name)}, ... }`;
    },
  },
  {
    holds: (given, { items }) =>
      isMap(given) && Object.keys(given).length > 0 && items !== undefined && hasFields(items),
    say: () => "write `- ` before it, as an entry of a list",
  },
  {
    // `profiles: [{ name: apiserver }]`
    holds: (given, form) => Array.isArray(given) && (hasFields(form) || typeof form.additionalProperties === "object"),
    say: (given, { properties }) => {
      const names = (given as readonly unknown[]).flatMap((entry) => nameIn(entry) ?? []);
      const name = names.find((each) => properties === undefined || Object.hasOwn(properties, each));
      return name === undefined || name.length > LONGEST_NAME
        ? undefined
        : `it is a list, so write each of its entries by its name: { ${keyText(name)}: { ... } }`;
    },
  },
  {
    ofField: true,
    holds: (_, form) => hasFields(form) && (form.required ?? []).length === 0,
    say: (_, { properties = {} }) => {
      const keys = Object.keys(properties);
      return keys.length > MOST_FIELDS ? undefined : `its fields are ${keys.join(", ")}`;
    },
  },
];

/** @param forms of the field, itself first */
export const shapeHint = (given: unknown, forms: readonly JsonSchema[]): string | undefined => {
  for (const { holds, say, ofField = false } of SHAPES) {
    const form = (ofField ? forms.slice(0, 1) : forms).find((each) => holds(given, each));
    const said = form === undefined ? undefined : say(given, form);
    if (said !== undefined) return said;
  }
  return undefined;
};
