/** Nodes that come and go: one added to a running cluster, one replaced by a machine with an empty disk. */
import assert from "node:assert/strict";
import { plainSerial, type CertificateRow } from "../../../core/report";
import { assertClusterWorks, assertProven } from "../checks";
import { configureFor, labConfig } from "../labConfig";
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
      await run.lab.joinWorker("w9");
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
      await lab.joinWorker("w1");
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

export const nodeScenarios: readonly Scenario[] = [nodeAdded, nodeReplaced];
