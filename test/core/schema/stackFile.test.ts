import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { leafPolicy } from "../../../core/certificates/leafPolicy";
import { argsText } from "../../../core/schema/argsText";
import { stackFileSchema, stackFileSchemaText } from "../../../core/schema/stackFile";
import { config, makeKey, parsed } from "../config/fixtures";

const STACKS = join(__dirname, "..", "..", "..", "stacks");
const DAY = 86_400;

/** As much of the schema as is looked at here. */
interface Section {
  anyOf?: { properties: Record<string, { properties: object }> }[];
}

describe("stacks/", () => {
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
