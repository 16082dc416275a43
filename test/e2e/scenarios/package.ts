/** From the package to a cluster under a stack, as README says it: a project of ten lines in a folder of its own. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../lab/process";
import { assertClusterWorks, assertProven } from "../checks";
import { ownSsh, type OwnSsh } from "../ownSsh";
import { addTsNode, installedKubePki, makeModule, makePackageProject, pathWithNode } from "../packageProject";
import { tail, type Run, type Scenario } from "../scenario";
import { Stack } from "../stack";

const kubePki = ({ lab }: Run, { folder, env }: Stack, argv: readonly string[]): Promise<string> =>
  must(lab.driver([installedKubePki(folder), ...argv]), { env, cwd: folder, timeoutMs: 300_000 });

const up = async (stack: Stack, expectNoChanges = false): Promise<void> => {
  const { code, stdout, stderr } = await stack.up({ expectNoChanges });
  assert.equal(code, 0, tail(stdout + stderr));
};

const play = async (run: Run, ssh: OwnSsh): Promise<void> => {
  const folder = join(run.stack.folder, "clusters");
  mkdirSync(folder);
  const { PATH: path = "" } = run.stack.env;
  const oldest = { SSH_AUTH_SOCK: ssh.agent, PATH: await pathWithNode(run.stack.folder, "node22", path, run.log) };
  const stack = await run.step("npm pack, pulumi new template, npm install", () =>
    Stack.create(run.lab, folder, oldest, makePackageProject),
  );
  rmSync(join(folder, "Pulumi.lab.yaml")); // as in a project where nobody has been
  const lines = readFileSync(join(folder, "index.ts"), "utf8").trimEnd().split("\n").length;
  assert.ok(lines <= 10, "the program has more than ten lines");

  const hosts = run.lab.nodes.map(({ address }) => `root@${address}`);
  run.log(
    await run.step("npx kube-pki init", () =>
      kubePki(run, stack, ["init", ...hosts, "--name", "lab", "--ca", "existing", "-F", ssh.config]),
    ),
  );
  const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(
    readFileSync(join(folder, "Pulumi.lab.yaml"), "utf8"),
  );
  assert.ok(JSON.parse(readFileSync(join(folder, schema?.[1] ?? ""), "utf8")), "no editor finds the schema");

  await run.step("pulumi up, on the oldest Node", () => up(stack));
  const certificates = await stack.certificates();
  run.counts["certificates issued"] = certificates.length;
  run.counts["ports asked from outside"] = await assertProven(run.lab, certificates);
  await assertClusterWorks(run.lab);
  await run.step("pulumi up again: nothing to do", () => up(stack, true));
  assert.match(await kubePki(run, stack, ["status", "--nodes", "--identity", run.lab.sshKeyFile]), /same\n/);

  stack.env["PATH"] = await pathWithNode(run.stack.folder, "node26", path, run.log);
  await run.step("pulumi up on the newest Node: nothing to do", () => up(stack, true));
  makeModule(folder);
  await run.step("the program is an ES module: nothing to do", () => up(stack, true));
  await addTsNode(folder);
  await run.step("the SDK loads it by ts-node: nothing to do", () => up(stack, true));
};

export const packageScenario: Scenario = {
  name: "package",
  proves:
    "the package, installed into a project of ten lines, brings a running cluster under a stack: on the oldest and the newest Node, as CommonJS and as an ES module",
  topologies: ["duo"],
  play: async (run) => {
    const ssh = await ownSsh(run.lab);
    try {
      await play(run, ssh);
    } finally {
      await ssh.end();
    }
  },
};
