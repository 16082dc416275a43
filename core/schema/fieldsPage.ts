/** The page with every field of a stack file, from the schema: docs/fields.md. */
import { CONFIG_JSON_SCHEMA, type JsonSchema } from "./jsonSchema";

const HEADING = `<!-- Written by \`npm run schema\` from core/schema/; the texts there are the ones to change. -->

# Fields of a stack file

Every field under \`kube-pki:\` in \`Pulumi.<stack>.yaml\`. Most need not be set. An editor that reads the \`yaml-language-server\` line of [Pulumi.example.yaml](../stacks/Pulumi.example.yaml) shows these texts and marks what would be refused. Several fields at once are checked by \`pulumi preview\`, which also warns of what is seldom meant.
`;

const code = (text: string): string => `\`${text}\``;

const PLAIN: Readonly<Record<string, string>> = {
  string: "a text",
  boolean: "true or false",
  integer: "a whole number",
};

/** What a field takes, in the words of messages about it. */
const takes = (field: JsonSchema): string => {
  const { patternErrorMessage, anyOf, enum: values, const: only, items, additionalProperties: every, type } = field;
  if (patternErrorMessage !== undefined) return patternErrorMessage.replace(/^must be /, "");
  if (anyOf !== undefined) return [...new Set(anyOf.map(takes))].join(", or ");
  if (values !== undefined) return `one of ${values.map((value) => code(String(value))).join(", ")}`;
  if (only !== undefined) return code(JSON.stringify(only));
  if (items !== undefined) return items.properties === undefined ? `a list; each ${takes(items)}` : "a list";
  if (typeof every === "object") return every.properties === undefined ? `a map; each ${takes(every)}` : "a map";
  if (type === "integer") return `a whole number${limits(field)}`;
  return PLAIN[String(type)] ?? "an object";
};

/** JavaScript's largest whole number is no limit of ours. */
const limits = ({ minimum, maximum }: JsonSchema): string => {
  const isLimit = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return `${minimum === undefined ? "" : ` from ${String(minimum)}`}${isLimit ? ` to ${String(maximum)}` : ""}`;
};

const isTold = (value: unknown): boolean => value !== undefined && !["{}", "[]"].includes(JSON.stringify(value));

const item = (path: string, field: JsonSchema, isRequired: boolean): string => {
  const required = isRequired ? "; required" : "";
  const otherwise = isTold(field.default) ? `; ${code(JSON.stringify(field.default))} by default` : "";
  return `- ${code(path)}: ${field.description ?? ""} (${takes(field)}${required}${otherwise})\n`;
};

/** Fields that are all alike are told once, as `<one of them>`. */
const fields = ({ properties = {}, required = [] }: JsonSchema, path: string): string => {
  const entries = Object.entries(properties);
  const [first, ...others] = entries;
  if (first !== undefined && others.length > 2 && others.every(([, each]) => same(each, first[1]))) {
    const names = entries.map(([key]) => code(key)).join(", ");
    return `- ${code(`${path}.<name>`)}: for ${names}.\n${inside(first[1], `${path}.<name>`)}`;
  }
  return entries
    .map(([key, field]) => {
      const at = path === "" ? key : `${path}.${key}`;
      return item(at, field, required.includes(key)) + inside(field, at);
    })
    .join("");
};

const same = (one: JsonSchema, other: JsonSchema): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What stands in it, whichever of its forms. */
const inside = (field: JsonSchema, path: string): string => {
  const { items, additionalProperties: every, anyOf = [] } = field;
  return [
    fields(field, path),
    ...(items === undefined ? [] : [inside(items, `${path}[]`)]),
    ...(typeof every === "object" ? [inside(every, `${path}.<name>`)] : []),
    ...anyOf.map((each) => inside(each, path)),
  ].join("");
};

/** The text of docs/fields.md. */
export const fieldsPage = (): string => {
  const { properties = {}, required = [] } = CONFIG_JSON_SCHEMA;
  const sections = Object.entries(properties).map(
    ([key, section]) => `\n## ${key}\n\n${item(key, section, required.includes(key))}${inside(section, key)}`,
  );
  return [HEADING, ...sections].join("");
};
