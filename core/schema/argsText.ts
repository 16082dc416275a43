/** The configuration as a TypeScript program gives it: the JSON schema's fields as interfaces, each with its text. */
import { CONFIG_JSON_SCHEMA, type JsonSchema } from "./jsonSchema";

const HEADING = `/**
 * Written by \`npm run schema\` from core/schema/; the texts there are the ones to change.
 *
 * What a cluster's PKI is made from: one interface for each section of a stack file.
 */
import type { Input } from "@pulumi/pulumi";
`;

export const pascal = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1);

/** `nodes`: what each of them is. */
export const singular = (key: string): string => key.replace(/s$/, "");

const propertyName = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key));

export const documented = ({ description, default: otherwise }: JsonSchema, indent: string): string => {
  if (description === undefined) return "";
  const text = description.replaceAll("*/", "*\\/");
  const isTold = otherwise !== undefined && JSON.stringify(otherwise) !== "{}";
  return isTold
    ? `${indent}/**\n${indent} * ${text}\n${indent} *\n${indent} * @default ${JSON.stringify(otherwise)}\n${indent} */\n`
    : `${indent}/** ${text} */\n`;
};

const fields = ({ properties = {}, required = [] }: JsonSchema, indent: string): string =>
  Object.entries(properties)
    .map(([key, field]) => {
      const type = typeText(field, indent);
      const declared = required.includes(key) ? `: ${type}` : `?: ${type} | undefined`;
      return `${documented(field, indent)}${indent}readonly ${propertyName(key)}${declared};\n`;
    })
    .join("");

/** Fields that are all alike are written once. */
const objectText = (schema: JsonSchema, indent: string): string => {
  const { properties = {} } = schema;
  const [first, ...others] = Object.values(properties);
  const inner = `${indent}  `;
  const isAlike = others.length > 2 && others.every((each) => JSON.stringify(each) === JSON.stringify(first));
  if (first === undefined || !isAlike) return `{\n${fields(schema, inner)}${indent}}`;
  const keys = Object.keys(properties).map((key) => `\n${inner}  | ${JSON.stringify(key)}`);
  return `Readonly<Partial<Record<${keys.join("")},\n${inner}${typeText(first, inner)} | undefined\n${indent}>>>`;
};

export const PLAIN: Readonly<Record<string, string>> = { string: "string", boolean: "boolean", integer: "number" };

const typeText = (schema: JsonSchema, indent: string): string => {
  if (schema.input === true) return "Input<string>";
  const { type, anyOf, enum: values, const: only, items, properties, additionalProperties: every } = schema;
  if (anyOf !== undefined) return anyOf.map((each) => typeText(each, indent)).join(" | ");
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (only !== undefined) return JSON.stringify(only);
  if (items !== undefined) {
    const item = typeText(items, indent);
    return `readonly ${/^[^{]* \| /.test(item) ? `(${item})` : item}[]`;
  }
  if (properties !== undefined) return objectText(schema, indent);
  if (typeof every === "object") return `Readonly<Record<string, ${typeText(every, indent)}>>`;
  const plain = [type].flat().map((each) => PLAIN[each ?? ""]);
  if (plain.includes(undefined)) throw new Error(`no TypeScript for ${JSON.stringify(schema)}`);
  return plain.join(" | ");
};

const entryOf = (key: string): JsonSchema => ({ description: `One entry of \`${key}\`.` });

/** One interface for a section, or for what a section lists. */
const sectionText = (key: string, section: JsonSchema): { readonly type: string; readonly text: string } => {
  const { items, properties } = section;
  const shape = items ?? section;
  if (shape.properties === undefined) return { type: typeText(section, "  "), text: "" };
  const name = `${pascal(properties === undefined ? singular(key) : key)}Args`;
  return {
    type: items === undefined ? name : `readonly ${name}[]`,
    text: `\n${documented(items === undefined ? { ...section, default: undefined } : entryOf(key), "")}export interface ${name} {\n${fields(shape, "  ")}}\n`,
  };
};

/** The text of components/sections.ts. */
export const argsText = (): string => {
  const { properties = {}, required = [] } = CONFIG_JSON_SCHEMA;
  const sections = Object.entries(properties).map(([key, section]) => ({ key, section, ...sectionText(key, section) }));
  const own = sections.map(({ key, section, type }) => {
    const declared = required.includes(key) ? `: ${type}` : `?: ${type} | undefined`;
    return `${documented({ ...section, default: section.items ? undefined : section.default }, "  ")}  readonly ${key}${declared};\n`;
  });
  const all = `\n/** A cluster, its nodes and its policy, as a stack file says them. */\nexport interface Sections {\n${own.join("")}}\n`;
  return [HEADING, ...sections.map(({ text }) => text), all].join("");
};
