/**
 * The configuration as every language of Pulumi can say it: the JSON schema's fields as plain interfaces, which is all that the
 * SDK's analyzer of components takes (provider/experimental/analyzer in @pulumi/pulumi: no union, no literal, no read-only list).
 */
import { documented, PLAIN, pascal, singular } from "./argsText";
import { CONFIG_JSON_SCHEMA, type JsonSchema } from "./jsonSchema";

const HEADING = `/**
 * Written by \`npm run schema\` from core/schema/; the texts there are the ones to change.
 *
 * What a cluster's PKI is made from, in plain types: what may be one value or a list is a list here, and what may be one value
 * or a table is \`any\`.
 */
import type { Input } from "@pulumi/pulumi";
`;

/** A generated SDK makes a property of each. */
const IDENTIFIER = /^[A-Za-z]\w*$/;

/** Without `Args` in their names, which a generated SDK adds by itself. Interfaces in the order in which they are written, each after those that it needs. */
type Interfaces = string[];

const isText = ({ type, enum: values, const: only }: JsonSchema): boolean =>
  type === "string" || (values ?? [only]).every((value) => typeof value === "string");

/** A list stands for the one value that it may have as well; any other choice is left to the refusal of a wrong value. */
const ofChoice = (choices: readonly JsonSchema[], name: string, interfaces: Interfaces): string => {
  if (choices.every(isText)) return "string";
  const list = choices.find(({ items }) => items !== undefined);
  return list === undefined ? "any" : typeText(list, name, interfaces);
};

const interfaceOf = (schema: JsonSchema, name: string, interfaces: Interfaces, heading: string): string => {
  const { properties = {}, required = [] } = schema;
  const own = Object.entries(properties).map(([key, field]) => {
    const type = typeText(field, `${name}${pascal(key)}`, interfaces);
    return `${documented(toldChoices(field), "  ")}  ${key}${required.includes(key) ? "" : "?"}: ${type};\n`;
  });
  interfaces.push(`\n${heading}export interface ${name} {\n${own.join("")}}\n`);
  return name;
};

/** The values that a plain type does not show. */
const toldChoices = (field: JsonSchema): JsonSchema => {
  const { enum: values = field.items?.enum, description = "" } = field;
  return values === undefined
    ? field
    : { ...field, description: `${description} One of ${values.map((value) => JSON.stringify(value)).join(", ")}.` };
};

const typeText = (schema: JsonSchema, name: string, interfaces: Interfaces): string => {
  if (schema.input === true) return "Input<string>";
  const { type, anyOf, items, properties, additionalProperties: every } = schema;
  if (anyOf !== undefined) return ofChoice(anyOf, name, interfaces);
  if (items !== undefined) return `${typeText(items, singular(name), interfaces)}[]`;
  if (properties !== undefined) {
    if (Object.keys(properties).every((key) => IDENTIFIER.test(key)))
      return interfaceOf(schema, name, interfaces, documented({ ...schema, default: undefined }, ""));
    const [first = {}] = Object.values(properties);
    return `Record<string, ${typeText(first, singular(name), interfaces)}>`;
  }
  if (typeof every === "object") return `Record<string, ${typeText(every, singular(name), interfaces)}>`;
  if (isText(schema)) return "string";
  return (typeof type === "string" ? PLAIN[type] : undefined) ?? "any";
};

/** The text of plugin/args.ts. */
export const plainArgsText = (): string => {
  const interfaces: Interfaces = [];
  const { properties = {}, required = [] } = CONFIG_JSON_SCHEMA;
  const own = Object.entries(properties).map(([key, section]) => {
    const name = section.items === undefined ? pascal(key) : singular(pascal(key));
    const item = section.items === undefined ? undefined : typeText(section.items, name, interfaces);
    const type = item === undefined ? typeText(section, name, interfaces) : `${item}[]`;
    const told = documented({ ...toldChoices(section), default: section.items ? undefined : section.default }, "  ");
    return `${told}  ${key}${required.includes(key) ? "" : "?"}: ${type};\n`;
  });
  const all = `\n/** A cluster, its nodes and its policy, as a stack file says them. */\nexport interface ClusterPkiArgs {\n${own.join("")}}\n`;
  return [HEADING, ...interfaces, all].join("");
};
