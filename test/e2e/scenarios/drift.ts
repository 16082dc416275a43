/** What is changed on nodes behind the stack's back is told by a preview, brought back by the next run, and then is no more. */
import assert from "node:assert/strict";
import { dirname } from "node:path/posix";
import { changesOf, linkOf, NOTE, targetOn } from "../changedByHand";
import { assertClusterWorks, assertProven } from "../checks";
import { filesOn, pathOf } from "../layoutFiles";
import { assertNothingToDo, begin, ROLLOUT } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";
import { nameOf } from "../stack";

/** How often nodes were logged in to; the question itself is a login too. */
const logins = async ({ lab }: Run): Promise<Record<string, number>> => {
  const counts = lab.nodes.map(async ({ name }) => {
    const text = await lab.must(name, "journalctl --no-pager -q | grep -c 'Accepted publickey' || :");
    return [name, Number(text)] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
};

/** What one run asks of each node by ssh. */
const loginsOf = async (run: Run, ask: () => Promise<unknown>): Promise<Record<string, number>> => {
  const [first, second] = [await logins(run), await logins(run)];
  await ask();
  const third = await logins(run);
  return Object.fromEntries(
    Object.keys(first).map((name) => {
      const [a = 0, b = 0, c = 0] = [first[name], second[name], third[name]];
      return [name, c - b - (b - a)];
    }),
  );
};

/** Modes, owners and whether there is an ACL, of every file of the stack on every node and of the folders that they lie in. */
const rightsOf = async ({ lab }: Run): Promise<readonly string[]> =>
  Promise.all(
    lab.nodes.map(async ({ name }) => {
      const files = filesOn(lab, name).map(({ path }) => path);
      const paths = [...files, ...new Set(files.map((path) => dirname(path)))].join(" ");
      return lab.must(
        name,
        `for it in ${paths}; do [ ! -e $it ] || echo "$(stat -c '%n %a %U:%G' $it) $(ls -ld $it | cut -c 11)"; done`,
      );
    }),
  );

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  const detect = (detectDrift: boolean | undefined): void => {
    stack.configure({ rollout: { ...ROLLOUT, ...(detectDrift === undefined ? {} : { detectDrift }) } });
  };
  const quiet = async (): Promise<void> => {
    const { code, stdout, stderr } = await stack.previewText("--expect-no-changes");
    assert.equal(code, 0, tail(stdout + stderr));
    assert.doesNotMatch(stdout + stderr, /\bdrift: |would be refused/);
  };
  const each = (logged: number) => Object.fromEntries(lab.nodes.map(({ name }) => [name, logged]));
  const changes = changesOf(lab);
  const told = changes.flatMap(({ node, told: lines }) =>
    lines.map(({ source }) => new RegExp(`${node}: drift: ${source}`)),
  );
  await begin(run);
  await run.step("a preview contacts nodes where the stack file asks for it, and no node otherwise", async () => {
    assert.deepEqual(await loginsOf(run, quiet), each(0));
    detect(true);
    assert.deepEqual(await loginsOf(run, quiet), each(1));
  });
  await assertNothingToDo(run);
  const rights = await rightsOf(run);

  await run.step("people, kubeadm and a kubelet change files", async () => {
    for (const { make } of changes) await make();
  });
  await run.step("pulumi preview names each change, and the steps that bring it back", async () => {
    const { code, stdout, stderr } = await stack.previewText();
    assert.equal(code, 0, tail(stdout + stderr));
    for (const line of told) assert.match(stdout + stderr, line, tail(stdout + stderr));
    const announced = (await stack.preview()).map(({ op, urn }) => `${op} ${nameOf(urn)}`);
    assert.deepEqual(
      announced.filter((text) => !text.includes("pulumi:pulumi")).sort(),
      sorted(changes.map(({ node }) => `update lab-${node}-apply`)),
    );
    const due = await stack.due();
    for (const line of told) assert.match(due, new RegExp(line.source.replace("drift: ", "")), due);
  });
  await run.step("without the setting nothing is told and nothing asked", async () => {
    detect(undefined);
    assert.deepEqual(await loginsOf(run, quiet), each(0));
    detect(true);
  });

  const title = "pulumi up: what was changed is brought back";
  await run.up(title);
  const restarted = run.restarts
    .filter(({ up, how }) => up === title && how === "restarted")
    .map(({ node, consumer }) => `${node} ${consumer}`);
  assert.deepEqual(
    [...restarted].sort(),
    sorted(changes.flatMap(({ node, restarts }) => (restarts === undefined ? [] : [`${node} ${restarts}`]))),
  );
  assert.deepEqual(await rightsOf(run), rights);
  for (const node of lab.clusterNodes) {
    const link = linkOf(lab, node);
    if (link !== undefined) assert.equal(await targetOn(lab, node, link), link.target);
  }
  for (const { name, roles } of lab.nodes)
    if (roles.includes("control-plane"))
      assert.equal(
        (await lab.run(name, `grep -q '${NOTE}' ${pathOf(lab, name, "front-proxy-client", "certificate")}`)).code,
        1,
      );
  await assertProven(lab, await stack.certificates());
  assert.match(await stack.statusOfNodes(), /same\n/);

  await assertNothingToDo(run);
  await run.step("a preview finds nothing any more, with or without the setting", async () => {
    await quiet();
    detect(undefined);
    assert.deepEqual(await loginsOf(run, quiet), each(0));
  });
  await assertNothingToDo(run);
  await assertClusterWorks(lab);
};

export const drift: Scenario = {
  name: "drift",
  proves:
    "files, modes, owners, a folder, an ACL, links, a kubeadm renewal and a kubelet's own rotation are told by a preview and brought back once",
  topologies: ["duo", "hardway"],
  play,
};
