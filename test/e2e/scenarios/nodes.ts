/** Nodes that come and go: one added to a running cluster, one replaced by a machine with an empty disk. */
import assert from "node:assert/strict";
import { plainSerial } from "../../../core/format/x509";
import type { CertificateRow } from "../../../core/report/report";
import type { Lab } from "../../lab/lab";
import { assertClusterWorks, assertExportClean, assertProven } from "../checks";
import { etcdPlace } from "../clients/credentials";
import { configureFor, labConfig } from "../labConfig";
import { assertNothingToDo, configureAsItIs, rotateTo } from "../rotating";
import type { Run, Scenario } from "../scenario";

const serialsWithout = (rows: readonly CertificateRow[], node: string): string[] =>
  rows.filter((row) => row.node !== node).map((row) => `${row.node}/${row.certificate} ${plainSerial(row.serial)}`);

const firstUp = async (run: Run): Promise<CertificateRow[]> => {
  await configureFor(run.stack, run.lab, "existing");
  await run.up("pulumi up on the cluster as it is");
  return run.stack.certificates();
};

const nodeAdded: Scenario = {
  name: "node-added",
  proves: "a node that joined later gets its certificates, and no other node is touched",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const before = await firstUp(run);
    await run.step("a worker joins by kubeadm", async () => {
      await run.lab.addNode("w9");
      await run.lab.join("w9");
    });
    run.stack.configure(labConfig(run.lab));
    await run.up("pulumi up with the new node in the stack file");
    const after = await run.stack.certificates();
    assert.deepEqual(serialsWithout(after, "w9"), serialsWithout(before, "w9"));
    assert.deepEqual(
      after.filter(({ node }) => node === "w9").map(({ certificate }) => certificate),
      ["kubelet", "kubelet-server"],
    );
    await assertProven(run.lab, after);
    await assertClusterWorks(run.lab);
  },
};

const nodeReplaced: Scenario = {
  name: "node-replaced",
  proves:
    "a machine with the old address, an empty disk and a new host key is refused until its key is known, then gets everything",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    const before = await firstUp(run);
    await run.step("w1 is replaced and joins again by kubeadm", async () => {
      await lab.replaceNode("w1");
      await lab.kubectl(["delete", "node", "w1"]);
      await lab.join("w1");
    });
    const known = labConfig(lab)["nodes"] as { name: string; ssh: object }[];
    const oldKey = known.find(({ name }) => name === "cp1")?.ssh;
    stack.configure({
      // a key that is not the machine's: what a stack file with the old one amounts to
      nodes: known.map((node) => (node.name === "w1" ? { ...node, extraSans: ["w1.lab"], ssh: oldKey } : node)),
    });
    await run.step("pulumi up refuses a host key that is not the node's", async () => {
      const { code } = await stack.up();
      assert.notEqual(code, 0);
      assert.equal((await lab.run("w1", "test -e /var/lib/kube-pki")).code, 1, "the node was touched");
    });
    stack.configure(labConfig(lab));
    await run.up("pulumi up with the new host key");
    const after = await stack.certificates();
    assert.deepEqual(serialsWithout(after, "w1"), serialsWithout(before, "w1"));
    assert.equal(after.length, before.length);
    await assertProven(lab, after);
    await assertClusterWorks(lab);
  },
};

/** What an operator does first about a control plane that is gone: its etcd member and its node are taken out. */
const forget = async ({ lab }: Run, name: string, from: string): Promise<void> => {
  const { ca, leaf } = etcdPlace(lab.topology);
  const { cert, key } = leaf(from);
  const etcdctl = `etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${ca} --cert=${cert} --key=${key}`;
  await lab.must(
    from,
    `${etcdctl} member remove "$(${etcdctl} member list | awk -F', ' '$3 == "${name}" { print $1 }')"`,
  );
  const { code, stderr } = await lab.kubectl(["delete", "node", name]);
  assert.equal(code, 0, stderr);
};

const nodesOf = (lab: Lab) => labConfig(lab)["nodes"] as readonly { readonly name: string }[];

/** The node's files are installed, kubeadm finds them, and then the node is like any other. */
const takeIn = async (run: Run, name: string): Promise<void> => {
  const { lab, stack } = run;
  const before = serialsWithout(await stack.certificates(), name);
  stack.configure({ nodes: nodesOf(lab).map((node) => (node.name === name ? { ...node, joining: true } : node)) });
  await run.up(`pulumi up: ${name} is given its files, nothing runs there`);
  assert.deepEqual(serialsWithout(await stack.certificates(), name), before);
  await run.step(`${name} joins by kubeadm with what it has`, () => lab.join(name, "given"));
  stack.configure({ nodes: nodesOf(lab) });
  await run.up(`pulumi up: ${name} is one of the others`);
  await assertNothingToDo(run);
  await assertProven(lab, await stack.certificates());
  await assertClusterWorks(lab);
};

const controlPlanes: Scenario = {
  name: "control-planes",
  proves:
    "a control plane is lost in the middle of a rotation, which goes on without it; it is replaced and another one added " +
    "though no node has the CAs' keys, and no certificate of another node is made anew",
  topologies: ["ha3"],
  play: async (run) => {
    const { lab, stack, vault } = run;
    await configureAsItIs(run);
    if (vault !== undefined)
      stack.configure({ authority: { kind: "vault", vault: { address: vault.address }, csrSigner: "node" } });
    const generation = vault === undefined ? 2 : 1;
    stack.configure(rotateTo(generation, "trust"));
    await run.up("pulumi up: trust");
    await lab.kubeconfig();
    await run.step("cp3 is lost", async () => {
      await lab.replaceNode("cp3");
      await forget(run, "cp3", "cp1");
    });
    stack.configure({ ...rotateTo(generation), nodes: nodesOf(lab).filter(({ name }) => name !== "cp3") });
    await run.up("pulumi up: on to done without cp3");
    await lab.kubeconfig();
    await assertNothingToDo(run);
    await assertProven(lab, await stack.certificates());
    await takeIn(run, "cp3");
    await lab.addNode("cp4", ["control-plane", "etcd"]);
    await takeIn(run, "cp4");
    await lab.addNode("w3");
    await takeIn(run, "w3");
    stack.configure(rotateTo(generation + 1));
    await run.up("pulumi up: a rotation with all of them");
    await lab.kubeconfig();
    await assertNothingToDo(run);
    run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
    await assertClusterWorks(lab);
    run.counts["certificates linted"] = await assertExportClean(stack);
  },
};

export const nodeScenarios: readonly Scenario[] = [nodeAdded, nodeReplaced, controlPlanes];
