import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import { comparedConfig, dueNodes, notesOf, preflightNode, type PreflightNode } from "../../../core/preflight/job";
import type { Config } from "../../../core/schema/config";
import { makeCa, makeKey } from "../config/fixtures";
import { configWith, HARDWAY, NOW } from "../fixture";

const nodesOf = (config: Config, now = NOW): PreflightNode[] => {
  const plan = planCluster(config, now);
  return plan.nodes.map((node) => preflightNode(plan, node, config));
};

const day = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000);

describe("what nodes are compared for", () => {
  /** Changes of a stack file, and the nodes for which something is due then. */
  const ROWS: Readonly<Record<string, readonly [changes: Readonly<Record<string, unknown>>, due: readonly string[]]>> =
    {
      nothing: [{}, []],
      "a name of one node": [
        { nodes: HARDWAY.nodes.map((node) => (node.name === "w1" ? { ...node, extraSans: ["w1.lab"] } : node)) },
        ["w1"],
      ],
      "a name of API servers": [
        {
          cluster: {
            name: "prod",
            kubernetesVersion: "1.36.3",
            endpoint: "api.example.com:6443",
            extraSans: ["x.lab"],
          },
        },
        ["cp1", "cp2"],
      ],
      "a rotation": [{ rotation: { generation: 2 } }, ["e1", "e2", "e3", "cp1", "cp2", "w1"]],
      "a user": [{ users: [{ name: "ci", organizations: ["ci"] }] }, []],
    };
  const plain = {
    ...HARDWAY,
    cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" },
  };
  for (const [what, [changes, due]] of Object.entries(ROWS))
    it(`is on each node what ${what} changes there`, () => {
      const before = notesOf(nodesOf(configWith(plain)));
      const after = nodesOf(configWith({ ...plain, ...changes }));
      assert.deepEqual(
        dueNodes(after, before)
          .map(({ name }) => name)
          .sort(),
        [...due].sort(),
      );
    });

  it("is the same as long as no certificate is due, and all of them in the end", () => {
    const config = configWith();
    const notes = notesOf(nodesOf(config));
    assert.deepEqual(dueNodes(nodesOf(config, day(0.001)), notes), []);
    assert.equal(dueNodes(nodesOf(config, day(300)), notes).length, 6);
    assert.deepEqual(
      JSON.stringify(comparedConfig({ ...config, asOf: day(1) })),
      JSON.stringify(comparedConfig(config)),
    );
  });

  it("is every node where no run has noted anything", () => {
    assert.equal(dueNodes(nodesOf(configWith()), "").length, 6);
  });

  it("holds no key", async () => {
    const [ca, token] = [await makeCa("kubernetes"), makeKey()];
    const given = { kubernetes: ca, etcd: ca, frontProxy: ca, serviceAccount: { key: token } };
    const text = JSON.stringify(comparedConfig(configWith({ authority: given, ssh: { privateKey: makeKey() } })));
    assert.doesNotMatch(text, /PRIVATE KEY/);
    assert.match(text, /BEGIN CERTIFICATE/);
  });
});
