import { CONFIG_JSON_SCHEMA, SECRET_PATHS } from "./jsonSchema";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** How Pulumi writes an encrypted value into a stack file. */
const ENCRYPTED = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
} as const;

/** Private keys stand in a stack file encrypted; anything else would be refused by `parseConfig`. */
function withEncrypted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withEncrypted);
  if (!isObject(value)) return value;
  if (value.secret === true) return { ...ENCRYPTED, description: value.description };
  const entries = Object.entries(value).filter(([key, inner]) => key !== "input" || inner !== true); // that is for programs
  return Object.fromEntries(entries.map(([key, inner]) => [key, withEncrypted(inner)]));
}

/** JSON schema of a whole `Pulumi.<stack>.yaml`, for editors. Keys of other namespaces are left alone. */
export function stackFileSchema(): Json {
  const schema = withEncrypted(CONFIG_JSON_SCHEMA);
  const { properties, required } = schema as { properties: Json; required: readonly string[] };
  const named = (key: string) => `kube-pki:${key}`;
  const withSecret = new Set(SECRET_PATHS.map(([section]) => section));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:kube-pki:stack-file",
    title: "Stack file of a cluster whose PKI kube-pki owns",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, section]) => [
            named(key),
            // A section with a secret in it can be set as one secret too.
            withSecret.has(key) ? { anyOf: [section, ENCRYPTED] } : section,
          ]),
        ),
        required: required.map(named),
        patternProperties: { "^(?!kube-pki:)": true },
        additionalProperties: false,
      },
    },
    required: ["config"],
  };
}

/** The schema as it is committed in stacks/kube-pki.schema.json. */
export const stackFileSchemaText = (): string => `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
