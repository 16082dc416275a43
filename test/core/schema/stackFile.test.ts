import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { leafPolicy } from "../../../core/certificates/leafPolicy";
import { argsText } from "../../../core/schema/argsText";
import { plainArgsText } from "../../../core/schema/plainArgsText";
import { layoutsPage } from "../../../core/schema/layoutsPage";
import { fieldsPage } from "../../../core/schema/fieldsPage";
import { CONFIG_JSON_SCHEMA, type JsonSchema } from "../../../core/schema/jsonSchema";
import { stackFileSchema, stackFileSchemaText } from "../../../core/schema/stackFile";
import { config, HOST_KEY, makeKey, parsed, type Raw } from "../config/fixtures";
import { RAW } from "../fixture";

const STACKS = join(__dirname, "..", "..", "..", "stacks");
const DAY = 86_400;

/** As much of the schema as is looked at here. */
interface Section {
  anyOf?: { properties: Record<string, { properties: object }> }[];
}

/** Where an editor marks a value red, as far as patterns, limits and closed sets say so. */
const red = (value: unknown, schema: JsonSchema, path = ""): string[] => {
  const { anyOf, enum: values, items, properties = {}, additionalProperties: every, minimum, maximum } = schema;
  if (anyOf !== undefined) {
    const all = anyOf.map((each) => red(value, each, path));
    return all.find((marks) => marks.length === 0) ?? all.flat();
  }
  const { type, pattern, maxLength, maxItems } = schema as Readonly<Record<string, unknown>>;
  const kind = Array.isArray(value) ? "array" : typeof value === "number" ? "integer" : typeof value;
  const isWrong =
    (typeof type === "string" && type !== kind) ||
    (values !== undefined && !values.includes(value)) ||
    (typeof value === "string" && typeof pattern === "string" && !new RegExp(pattern).test(value)) ||
    (typeof value === "string" && typeof maxLength === "number" && value.length > maxLength) ||
    (Array.isArray(value) && typeof maxItems === "number" && value.length > maxItems) ||
    (typeof value === "number" && (value < (minimum ?? value) || value > (maximum ?? value)));
  if (isWrong) return [path];
  if (Array.isArray(value)) return value.flatMap((each) => (items === undefined ? [] : red(each, items, `${path}[]`)));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const field = properties[key] ?? (typeof every === "object" ? every : undefined);
    return field === undefined ? [`${path}.${key}`] : red(inner, field, `${path}.${key}`);
  });
};

/** What editors should see before `pulumi preview` does. */
const MARKED: readonly (readonly [Raw, path: string])[] = [
  [{ certificates: { validity: "1y" } }, ".certificates.validity"],
  [{ certificates: { renewBefore: "1/3" } }, ".certificates.renewBefore"],
  [{ certificates: { profiles: { kubelet: { renewEvery: "3 days" } } } }, ".certificates.profiles.kubelet.renewEvery"],
  [{ cluster: { name: "Prod" } }, ".cluster.name"],
  [{ cluster: { kubernetesVersion: "1.36" } }, ".cluster.kubernetesVersion"],
  [{ cluster: { serviceCidrs: "10.96.0.0" } }, ".cluster.serviceCidrs"],
  [{ nodes: [{ name: "w".repeat(53) }] }, ".nodes[].name"],
  [{ nodes: [{ address: "w1.example.com" }] }, ".nodes[].address"],
  [{ nodes: [{ ssh: { hostKey: "SHA256:abc" } }] }, ".nodes[].ssh.hostKey"],
  [{ ssh: { user: "a b" } }, ".ssh.user"],
  [{ ssh: { port: 0 } }, ".ssh.port"],
  [{ adopt: { etcd: "ab" } }, ".adopt.etcd"],
  [{ asOf: "tomorrow" }, ".asOf"],
  [{ rollout: { workersAtOnce: "0%" } }, ".rollout.workersAtOnce"],
  [{ rollout: { window: { from: "7" } } }, ".rollout.window.from"],
  [{ users: [{ name: "a:b" }] }, ".users[].name"],
  [{ layout: "kops" }, ".layout"],
];

/** In every spelling that is taken. */
const TAKEN: readonly Raw[] = [
  config(),
  RAW,
  { certificates: { validity: "1d12h", renewBefore: "33%" }, asOf: "2026-12-31" },
  { asOf: "2026-12-31 00:00:00 +0000 UTC" },
  { asOf: "2026-12-31T01:00:00.5+01:00" },
  { cluster: { kubernetesVersion: "v1.34.2", serviceCidrs: ["10.96.0.0/12", "FD00:1::/108"] } },
  {
    nodes: [
      { name: "cp1.example.com", address: "FD00::0:B", ssh: { hostKey: ` ${HOST_KEY}  root@cp1\n`, user: "EX\\ann" } },
    ],
  },
  {
    adopt: {
      kubernetes: `sha256 Fingerprint=${"AB:".repeat(31)}AB`,
      etcd: `${"ab".repeat(32)}  -`,
      serviceAccount: true,
    },
  },
];

describe("stacks/", () => {
  it("has a schema that marks what is refused", () => {
    for (const [raw, path] of MARKED) assert.deepEqual([...new Set(red(raw, CONFIG_JSON_SCHEMA))], [path]);
  });

  it("has a schema that marks nothing that is taken", () => {
    for (const raw of [...TAKEN, sections()]) assert.deepEqual(red(raw, CONFIG_JSON_SCHEMA), []);
  });

  it("has a page of all fields that follows from the code: `npm run schema` writes it", () => {
    assert.equal(readFileSync(join(STACKS, "..", "docs", "fields.md"), "utf8"), fieldsPage());
  });

  it("has a page of all layouts that follows from the code: `npm run schema` writes it", () => {
    assert.equal(readFileSync(join(STACKS, "..", "docs", "layouts.md"), "utf8"), layoutsPage());
  });

  it("has the schema that follows from the code: `npm run schema` writes it", () => {
    assert.equal(readFileSync(join(STACKS, "kube-pki.schema.json"), "utf8"), stackFileSchemaText());
  });

  it("is typed for programs as it is written for editors: `npm run schema` writes both", () => {
    const text = readFileSync(join(STACKS, "..", "components", "sections.ts"), "utf8");
    assert.equal(text, argsText());
    assert.match(
      text,
      /\n {2}\/\*\* Kubernetes version of the cluster; [^\n]+ \*\/\n {2}readonly kubernetesVersion: string;\n/,
    );
  });

  it("has plain types for other languages that follow from the code: `npm run schema` writes them", () => {
    assert.equal(readFileSync(join(STACKS, "..", "plugin", "args.ts"), "utf8"), plainArgsText());
  });

  const example = () =>
    parse(readFileSync(join(STACKS, "Pulumi.example.yaml"), "utf8")) as { config: Record<string, unknown> };
  const sections = () =>
    Object.fromEntries(Object.entries(example().config).map(([key, value]) => [key.replace("kube-pki:", ""), value]));

  it("has an example that is accepted as it stands", () => {
    const result = parsed(sections(), new Set());
    assert.deepEqual(
      result.nodes.map(({ name }) => name),
      ["cp1", "worker1"],
    );
    assert.equal(leafPolicy(result, "apiserver").renewEverySeconds, 60 * DAY);
  });

  it("lets a key be encrypted, and nowhere be plain", () => {
    const { properties } = (stackFileSchema() as { properties: { config: { properties: Record<string, Section> } } })
      .properties.config;
    const [ssh] = properties["kube-pki:ssh"]?.anyOf ?? [];
    assert.deepEqual(Object.keys(ssh!.properties["privateKey"]!.properties), ["secure"]);
    assert.ok(parsed(config({ ssh: { privateKey: makeKey() } })).ssh.privateKey?.endsWith("-----\n"));
  });
});
