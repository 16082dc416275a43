/** Projects in other languages of Pulumi: examples/, with the component package of plugin/ and the SDK that is made from it. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { ensure, type Log } from "../../tools/toolchain";
import { cacheDir } from "../lab/paths";
import { must } from "../lab/process";
import { installPacked } from "./packageProject";

const REPOSITORY = join(__dirname, "..", "..");
const SDK_VERSION = "3.248.0";

export const LANGUAGES = ["yaml", "python", "go"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A node as the examples read it. */
export interface ExampleNode {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
  readonly hostKey: string;
}

interface Example {
  readonly folder: string;
  readonly plugin: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly nodes: readonly ExampleNode[];
  readonly endpoint: string;
  readonly version: string;
}

/** The package as `pulumi package add` would find it; its folder goes to the front of PATH. */
export const installPlugin = async (folder: string): Promise<string> => {
  const plugin = join(folder, "plugin");
  cpSync(join(REPOSITORY, "plugin"), plugin, {
    recursive: true,
    filter: (source) => !source.includes("node_modules"),
  });
  await installPacked(plugin, "library", ["@types/node", "typescript"]);
  return plugin;
};

/** Our own caches, as for all that is built here. */
const goEnv = (): NodeJS.ProcessEnv => ({
  GOCACHE: join(cacheDir, "go", "build"),
  GOMODCACHE: join(cacheDir, "go", "mod"),
  GOFLAGS: "-mod=mod",
});

/** What `pulumi package add` has a language host do. */
const writeSdk = async (language: "python" | "go", { folder, plugin, env, log }: Example): Promise<string> => {
  const { sdkgen } = await ensure(["sdkgen"], log);
  const program = join(plugin, "pulumi-resource-kube-pki");
  const schema = await must(["pulumi", "package", "get-schema", program], { env, cwd: folder, timeoutMs: 120_000 });
  const sdk = join(folder, "sdk");
  await must([sdkgen, language, sdk], { stdin: schema });
  return sdk;
};

/** The part of the Python host that is a script lies in the sources of the same module; the host looks for it beside itself. */
const pythonHost = async (bin: string, log: Log): Promise<void> => {
  const argv = ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"];
  const module = await must(argv, {
    cwd: join(REPOSITORY, "tools", "langhost"),
    env: { ...process.env, ...goEnv(), GOFLAGS: "-mod=readonly" },
  });
  const host = (await ensure(["pulumi-language-python"], log))["pulumi-language-python"];
  for (const file of [host, join(module.trim(), "python", "cmd", "pulumi-language-python-exec")]) {
    copyFileSync(file, join(bin, basename(file)));
    chmodSync(join(bin, basename(file)), 0o755);
  }
};

/** Each makes a project in `folder` run, and gives what has to be on PATH for it. */
const PREPARE: Readonly<Record<Language, (example: Example) => Promise<{ path: string[]; env?: NodeJS.ProcessEnv }>>> =
  {
    yaml: async ({ folder, nodes, endpoint, version, log }) => {
      const file = join(folder, "Pulumi.yaml");
      const project = parse(readFileSync(file, "utf8")) as {
        resources: { lab: { properties: { cluster: Record<string, unknown>; nodes: unknown } } };
      };
      const { properties } = project.resources.lab;
      properties.nodes = nodes.map(({ hostKey, ...node }) => ({ ...node, ssh: { hostKey } }));
      Object.assign(properties.cluster, { endpoint, kubernetesVersion: version });
      writeFileSync(file, stringify(project));
      return { path: [dirname((await ensure(["pulumi-language-yaml"], log))["pulumi-language-yaml"])] };
    },
    python: async (example) => {
      const { folder, log } = example;
      const bin = join(folder, "bin");
      mkdirSync(bin);
      await pythonHost(bin, log);
      const venv = join(folder, "venv");
      await must(["python3", "-m", "venv", venv], { timeoutMs: 120_000 });
      const sdk = await writeSdk("python", example);
      const packages = [`pulumi==${SDK_VERSION}`, sdk];
      await must([join(venv, "bin", "pip"), "--quiet", "--disable-pip-version-check", "install", ...packages], {
        env: process.env,
        timeoutMs: 600_000,
      });
      return { path: [join(venv, "bin"), bin] };
    },
    go: async (example) => {
      const sdk = await writeSdk("go", example);
      cpSync(join(sdk, "kubepki"), sdk, { recursive: true });
      await must(["rm", "-r", join(sdk, "kubepki")]);
      writeFileSync(join(sdk, "go.mod"), "module example.com/pulumi-kube-pki/sdk/go/kube-pki\n\ngo 1.26\n");
      const env = { ...process.env, ...goEnv() };
      await must(["go", "mod", "tidy"], { cwd: example.folder, env, timeoutMs: 600_000 });
      const host = (await ensure(["pulumi-language-go"], example.log))["pulumi-language-go"];
      return { path: [dirname(host)], env: goEnv() };
    },
  };

/** Puts the example into the folder, ready to run; changes the environment it runs in. */
export const makeExample = async (language: Language, example: Example): Promise<void> => {
  const { folder, plugin, env, nodes, endpoint, version } = example;
  cpSync(join(REPOSITORY, "examples", language), folder, { recursive: true });
  const { path, env: more } = await PREPARE[language](example);
  Object.assign(env, more, { PATH: [...path, plugin, env["PATH"] ?? ""].join(delimiter) });
  // read by the programs; YAML has them in the project
  if (language === "yaml") return;
  const config = { "clusters:nodes": nodes, "clusters:endpoint": endpoint, "clusters:version": version };
  writeFileSync(join(folder, "Pulumi.lab.yaml"), stringify({ config }));
};
