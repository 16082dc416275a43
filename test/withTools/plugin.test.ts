/**
 * The component package of plugin/, used by a program in YAML: the engine asks it as it does for a program in any language. What
 * Pulumi's newer language hosts do with PulumiPlugin.yaml is done by plugin/pulumi-resource-kube-pki here.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { stringify } from "yaml";
import { StandInNodes } from "../../bench/controller/nodes";
import { CONFIG_JSON_SCHEMA } from "../../core/schema/jsonSchema";
import { ensure } from "../../tools/toolchain";
import { RAW } from "../core/fixture";
import { installPlugin } from "../e2e/languages";
import { manifestOf } from "../e2e/packageProject";
import { pluginEnv } from "../lab/plugins/env";
import { must, run, type Result } from "../lab/process";

const ROOT = join(__dirname, "..", "..");

interface PropertySchema {
  readonly type?: string;
  readonly $ref?: string;
}
interface PackageSchema {
  readonly version: string;
  readonly resources: Readonly<
    Record<
      string,
      { readonly inputProperties: Readonly<Record<string, PropertySchema>>; readonly requiredInputs: string[] }
    >
  >;
  readonly types: Readonly<Record<string, { readonly properties: Readonly<Record<string, PropertySchema>> }>>;
}

interface Node {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
}

describe("the component package", function () {
  this.timeout(600_000);
  let folder: string;
  let nodes: StandInNodes;
  let env: NodeJS.ProcessEnv;
  let args: Record<string, unknown>;

  const pulumi = (...words: string[]): Promise<Result> =>
    run(["pulumi", ...words, "--non-interactive"], { env, cwd: join(folder, "program"), timeoutMs: 300_000 });
  const succeeds = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await pulumi(...words);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  /** A project in YAML whose only resource is a cluster. */
  const write = (properties: Readonly<Record<string, unknown>>): void => {
    const outputs = ["certificates", "authorities", "nodes", "trust", "kubeconfigs"];
    const project = {
      name: "clusters",
      runtime: "yaml",
      config: { login: { type: "string", secret: true } },
      resources: { prod: { type: "kube-pki:ClusterPki", properties } },
      outputs: Object.fromEntries(outputs.map((name) => [name, `\${prod.${name}}`])),
    };
    writeFileSync(join(folder, "program", "Pulumi.yaml"), stringify(project));
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "kube-pki-plugin-"));
    nodes = await StandInNodes.start(2);
    for (const name of ["program", "state"]) mkdirSync(join(folder, name));
    const plugin = await installPlugin(folder);
    const host = (await ensure(["pulumi-language-yaml"], () => undefined))["pulumi-language-yaml"];
    const plugins = await pluginEnv();
    env = {
      ...process.env,
      ...plugins,
      PATH: [plugin, dirname(host), plugins["PATH"]].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_STACK: "prod",
      SSH_AUTH_SOCK: "",
    };
    args = {
      cluster: RAW["cluster"],
      nodes: (RAW["nodes"] as readonly Node[]).slice(2, 4).map((node, index) => {
        const { host: address, port, hostKey } = nodes.servers[index]?.connection ?? {};
        return { ...node, ssh: { host: address, port, hostKey } };
      }),
      ssh: { user: "tester", privateKey: "${login}" },
      inCluster: { enabled: false },
    };
    write(args);
    await succeeds("stack", "init", "prod");
    await must(["pulumi", "config", "set", "--secret", "login"], {
      env,
      cwd: join(folder, "program"),
      stdin: nodes.privateKey,
    });
  });
  after(async () => {
    await nodes.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has a schema with every field of a stack file", async () => {
    const schema = JSON.parse(
      await succeeds("package", "get-schema", join(folder, "plugin", "pulumi-resource-kube-pki")),
    ) as PackageSchema;
    assert.equal(schema.version, manifestOf(ROOT).version);
    const { inputProperties = {}, requiredInputs = [] } = schema.resources["kube-pki:index:ClusterPki"] ?? {};
    const { properties = {}, required = [] } = CONFIG_JSON_SCHEMA;
    assert.deepEqual(Object.keys(inputProperties).sort(), Object.keys(properties).sort());
    assert.deepEqual([...requiredInputs].sort(), [...required].sort());
    for (const [name, { properties: fields }] of Object.entries(schema.types))
      assert.ok(Object.keys(fields).length > 0, `${name} has no field`);
    assert.equal(inputProperties["nodes"]?.type, "array");
  });

  it("brings a cluster up, and finds nothing to do then", async () => {
    await succeeds("up", "--yes", "--skip-preview");
    const rows = JSON.parse(await succeeds("stack", "output", "certificates", "--json")) as { node: string }[];
    assert.deepEqual([...new Set(rows.map(({ node }) => node))].sort(), ["-", "cp3", "w1"]);
    assert.deepEqual(Object.keys(JSON.parse(await succeeds("stack", "output", "trust", "--json")) as object).sort(), [
      "etcd",
      "frontProxy",
      "kubernetes",
    ]);
    assert.match(await succeeds("stack", "output", "kubeconfigs"), /^\[secret\]$/m);
    await succeeds("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("keeps the login and the CAs' keys encrypted", () => {
    const state = readFileSync(join(folder, "state", ".pulumi", "stacks", "clusters", "prod.json"), "utf8");
    assert.ok(state.includes("LocallySignedCert"));
    assert.ok(!state.includes("PRIVATE KEY"));
  });

  it("is read by the command line", async () => {
    const kubePki = join(ROOT, "cli", "kube-pki");
    const status = await run([process.execPath, kubePki, "status"], { env, cwd: join(folder, "program") });
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^cp3 +apiserver /m);
  });

  it("refuses a wrong value in one sentence that names the field", async () => {
    write({ ...args, cluster: { ...(args["cluster"] as object), kubernetesVersion: "latest" } });
    const { code, stdout, stderr } = await pulumi("preview");
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /^ *cluster\.kubernetesVersion: "?latest.*must be/m);
  });
});
