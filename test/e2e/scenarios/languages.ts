/** The component package in a program of each language: the same cluster, the same result. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assertClusterWorks, assertProven } from "../checks";
import { givenAuthorities } from "../labConfig";
import { installPlugin, LANGUAGES, makeExample, type Language } from "../languages";
import { tail, type Run, type Scenario } from "../scenario";
import { Stack } from "../stack";

const up = async (stack: Stack, expectNoChanges = false): Promise<void> => {
  const { code, stdout, stderr } = await stack.up({ expectNoChanges });
  assert.equal(code, 0, tail(stdout + stderr));
};

type Given = Readonly<Record<string, { readonly certificate?: string; readonly key: string }>>;

/** A stack of its own, which is given the cluster's CAs. */
const stackIn = async (run: Run, language: Language, plugin: string, cas: Given): Promise<Stack> => {
  const { lab } = run;
  const folder = join(run.stack.folder, language);
  mkdirSync(folder);
  const nodes = lab.nodes.map(({ name, address, roles }) => ({
    name,
    address,
    roles: [...roles],
    hostKey: lab.hostKey(name),
  }));
  const { endpoint, kubernetesVersion: version } = lab;
  const stack = await Stack.create(lab, folder, {}, (_, env) =>
    makeExample(language, { folder, plugin, env, log: run.log, nodes, endpoint, version }),
  );
  for (const [name, { certificate, key }] of Object.entries(cas)) {
    if (certificate !== undefined) await stack.must(["config", "set", `${name}Certificate`], certificate);
    await stack.must(["config", "set", "--secret", `${name}Key`], key);
  }
  await stack.must(["config", "set", "--secret", "login"], readFileSync(lab.sshKeyFile, "utf8"));
  return stack;
};

export const languages: Scenario = {
  name: "languages",
  proves: "programs in YAML, Python and Go bring a running cluster under a stack with the same certificates",
  topologies: ["duo"],
  play: async (run) => {
    const cas = (await givenAuthorities(run.lab)) as Given;
    const plugin = await run.step("pack the component package", () => installPlugin(run.stack.folder));
    const seen: string[][] = [];
    for (const language of LANGUAGES) {
      const stack = await run.step(`${language}: project, SDK`, () => stackIn(run, language, plugin, cas));
      await run.step(`${language}: pulumi up`, () => up(stack));
      const rows = await stack.certificates();
      run.counts[`${language}: ports asked from outside`] = await assertProven(run.lab, rows);
      await run.step(`${language}: pulumi up again: nothing to do`, () => up(stack, true));
      await assertClusterWorks(run.lab);
      seen.push(rows.map(({ node, certificate, subject, issuer }) => [node, certificate, subject, issuer].join(" ")));
    }
    for (const rows of seen) assert.deepEqual(rows, seen[0], "the languages differ");
    run.counts["certificates each"] = seen[0]?.length ?? 0;
  },
};
